// Command material writes what is made of the program's own source, for a release and
// for docs/reference: manual pages, the reference, the licences of the modules in the
// program, and a software bill of materials. The same input makes the same bytes.
//
//	go run ./scripts/release.d/material man DIR VERSION
//	go run ./scripts/release.d/material reference DIR
//	go run ./scripts/release.d/material notices FILE
//	go run ./scripts/release.d/material sbom BINARY FILE
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "material:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "man":
		return writeManual(args[1], args[2])
	case len(args) == 2 && args[0] == "reference":
		return writeReference(args[1])
	case len(args) == 2 && args[0] == "notices":
		return writeNotices(args[1])
	case len(args) == 3 && args[0] == "sbom":
		return writeBill(args[1], args[2])
	}
	return errors.New("usage: material man DIR VERSION | reference DIR | notices FILE | sbom BINARY FILE")
}
