package inspector

import (
	"errors"
	"fmt"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"wps/cmd/internal/cli"
	"wps/internal/proctree"
)

// Opened is a page that was opened in a browser.
type Opened struct{ dir string }

// Open opens a page in the browser. The command of the browser gets a file, which
// only this user may read, and not the address with its token: other users see the
// arguments of commands.
func Open(address, browser string) (*Opened, error) {
	dir, err := os.MkdirTemp("", "wps-page-")
	if err != nil {
		return nil, fmt.Errorf("open the page: %v", err)
	}
	o := &Opened{dir}
	file := filepath.Join(dir, "open.html")
	text := fmt.Sprintf("<!doctype html>\n<title>wps</title>\n<meta http-equiv=\"refresh\" content=\"0;url=%[1]s\">\n<a href=\"%[1]s\">wps</a>\n", html.EscapeString(address))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		o.Remove()
		return nil, fmt.Errorf("open the page: %v", err)
	}
	command := browserCommand(browser, (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String())
	proctree.Spare(command)
	if err := command.Start(); err != nil {
		o.Remove()
		return nil, cli.WithHint(fmt.Errorf("open the page: no browser can be started: %v", execError(err)), "open the printed address yourself, or set BROWSER to the command of a browser")
	}
	return o, command.Process.Release() // it ends with the browser or before

}

// execError returns the reason for which a command cannot be started.
func execError(err error) error {
	if failed, ok := errors.AsType[*exec.Error](err); ok {
		return fmt.Errorf("%s: %v", failed.Name, failed.Err)
	}
	return err
}

// browserCommand returns the command that opens a URL: $BROWSER, or that of the
// system.
func browserCommand(browser, address string) *exec.Cmd {
	switch {
	case browser != "":
		return exec.Command(browser, address)
	case runtime.GOOS == "darwin":
		return exec.Command("open", address)
	case runtime.GOOS == "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", address)
	}
	return exec.Command("xdg-open", address)
}

// Remove removes the file. It does nothing for nil.
func (o *Opened) Remove() {
	if o != nil {
		os.RemoveAll(o.dir)
	}
}
