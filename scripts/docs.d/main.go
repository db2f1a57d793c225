// Command docs.d makes a web site of the Markdown pages of the repository. It begins
// at README.md and follows the links between files: a page becomes HTML, any other file
// is copied, and a link to a file or heading that does not exist is an error. The pages
// need no server and load nothing from elsewhere.
//
//	go run . -root ../.. -out DIR
//	go run . -root ../.. -serve localhost:8000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	f := flag.NewFlagSet("docs", flag.ContinueOnError)
	root := f.String("root", ".", "the repository")
	out := f.String("out", "", "folder for the site, which is replaced")
	serve := f.String("serve", "", "serve the site on this address")
	if err := f.Parse(args); err != nil {
		return err
	}
	switch {
	case f.NArg() > 0 || (*out == "") == (*serve == ""):
		return errors.New("give one of -out and -serve")
	case *out != "":
		n, err := write(*root, *out)
		if err == nil {
			fmt.Printf("%d pages; open %s\n", n, filepath.Join(*out, "index.html"))
		}
		return err
	}
	return serveSite(*root, *serve)
}

// write builds the site into a folder, which it replaces, and returns the number of
// pages. The folder is left alone when something is wrong with a page, or when it holds
// anything but a site.
func write(root, out string) (int, error) {
	s, err := build(os.DirFS(root))
	if err != nil {
		return 0, err
	}
	if err := clear(out); err != nil {
		return 0, err
	}
	for name, content := range s.files {
		path := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return 0, err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return 0, err
		}
	}
	return len(s.pages), nil
}

// clear removes an old site.
func clear(out string) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(out, "assets", "site.css")); err != nil {
		return fmt.Errorf("%s holds something that is not a site: name another folder", out)
	}
	return os.RemoveAll(out)
}

// serveSite builds the site into a temporary folder and serves it until an interrupt.
func serveSite(root, address string) error {
	dir, err := os.MkdirTemp("", "wps-docs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := write(root, dir); err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	web := &http.Server{Handler: http.FileServer(http.Dir(dir)), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { web.Close() })
	fmt.Printf("http://%s; Ctrl-C stops it\n", l.Addr())
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
