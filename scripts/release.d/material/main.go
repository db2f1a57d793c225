// Command material writes what a release contains beside the program, from the
// program's own source: manual pages, the licences of the modules in it, and a
// software bill of materials. The same input gives the same bytes.
//
//	go run ./scripts/release.d/material man DIR VERSION
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
	case len(args) == 2 && args[0] == "notices":
		return writeNotices(args[1])
	case len(args) == 3 && args[0] == "sbom":
		return writeBill(args[1], args[2])
	}
	return errors.New("usage: material man DIR VERSION | notices FILE | sbom BINARY FILE")
}
