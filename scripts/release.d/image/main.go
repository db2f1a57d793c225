// Command image writes a container image of the program as an OCI image layout, a
// folder that skopeo, podman and containerd read: from scratch, with one layer, for
// several architectures. The same input gives the same bytes.
//
//	go run ./scripts/release.d/image -o DIR -version V [-certs FILE] ARCH=BINARY...
//
// Source: the OCI image format specification 1.1.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// systemCerts is where Debian has the certificates of public authorities.
const systemCerts = "/etc/ssl/certs/ca-certificates.crt"

func run(args []string) error {
	f := flag.NewFlagSet("image", flag.ContinueOnError)
	dir := f.String("o", "", "write the layout to this `folder`")
	version := f.String("version", "devel", "`version` of the program")
	certs := f.String("certs", systemCerts, "`file` with the certificates that the program trusts")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *dir == "" || f.NArg() == 0 {
		return errors.New("usage: image -o DIR -version V [-certs FILE] ARCH=BINARY [ARCH=BINARY]")
	}
	l := &layout{dir: *dir}
	for _, arg := range f.Args() {
		arch, binary, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%q is not ARCH=BINARY", arg)
		}
		content, err := os.ReadFile(binary)
		if err != nil {
			return err
		}
		trusted, err := os.ReadFile(*certs)
		if err != nil {
			return err
		}
		if err := l.add(arch, *version, content, trusted); err != nil {
			return err
		}
	}
	return l.finish(*version)
}
