package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// systems are those that releases are made for. What the program consists of
// differs between them.
var systems = []string{"linux", "darwin", "windows"}

// module is a module of the program, as "go list" prints it.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// writeNotices writes the licences of the modules that the program consists of on
// any system, and that of Go itself.
func writeNotices(file string) error {
	modules, err := modulesOfProgram()
	if err != nil {
		return err
	}
	root, err := output("go", "env", "GOROOT")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("wps contains the following software of others. Its own licence is in the file LICENSE.\n")
	modules = append(modules, module{Path: "The Go standard library", Dir: strings.TrimSpace(string(root))})
	for _, m := range modules {
		texts, err := licences(m.Dir)
		if err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
		fmt.Fprintf(&b, "\n%s\n%s\n", strings.Repeat("-", 80), strings.TrimSpace(m.Path+" "+m.Version))
		for _, text := range texts {
			fmt.Fprintf(&b, "\n%s\n", bytes.TrimSpace(text))
		}
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// modulesOfProgram returns the modules of other authors in the program.
func modulesOfProgram() ([]module, error) {
	found := map[string]module{}
	for _, system := range systems {
		list, err := output("env", "GOOS="+system, "CGO_ENABLED=0", "go", "list", "-deps", "-json=Module", ".")
		if err != nil {
			return nil, err
		}
		for d := json.NewDecoder(bytes.NewReader(list)); ; {
			var p struct{ Module *module }
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if p.Module != nil && !p.Module.Main {
				found[p.Module.Path] = *p.Module
			}
		}
	}
	var modules []module
	for _, m := range found {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	return modules, nil
}

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([-.].*)?$`)

// licences returns the licence files of a module, of which it must have one.
func licences(dir string) (texts [][]byte, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() || !licenceName.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("no licence in %s", dir)
	}
	return texts, nil
}

// output returns what a command prints.
func output(name string, args ...string) ([]byte, error) {
	c := exec.Command(name, args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return out, nil
}
