package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms says which of our packages each one may import outside tests. Arrows
// go down only: client, trigger and emulator never meet but in cmd.
var rooms = map[string][]string{
	".":               {"cmd"},
	"cmd":             {"bench", "client", "trigger", "emulator", "output", "token", "protocol", "internal/webguard", "client/ws", "output/apply", "internal/suggest", "emulator/settings"},
	"client":          {"token", "protocol", "internal/wait", "internal/oneline"},
	"client/ws":       {"client", "internal/oneline", "internal/wait", "token", "protocol"},
	"trigger":         {"output", "token", "protocol"},
	"emulator":        {"emulator/filter", "token", "protocol", "internal/webguard", "emulator/internal/rights", "emulator/internal/outbound"},
	"emulator/filter": {},
	// Its result is options of the emulator. It is no part of emulator, nor may
	// emulator import it, so that a program which only runs the emulator does not
	// link YAML.
	"emulator/settings":     {"emulator", "token", "protocol"},
	"emulator/emulatortest": {"emulator", "token", "protocol"},
	"output":                {"protocol", "internal/suggest"},
	"bench":                 {"internal/wait", "protocol"},
	"internal/suggest":      {},
	"output/apply":          {"output", "protocol"},
	"token":                 {"protocol"},
	"protocol":              {},
	"internal/webguard":     {},
	// What our packages share that is not part of the API.
	"internal/oneline":           {},
	"internal/wait":              {},
	"emulator/internal/rights":   {"protocol"},
	"emulator/internal/outbound": {"protocol"},
	// Programs of scripts/bench: they measure from outside.
	"scripts/bench.d/measure": {},
	"scripts/bench.d/minimal": {},
}

// outside says which rooms may import a library; one that is not named here
// needs a line, and so a thought.
var outside = map[string][]string{
	"mvdan.cc/sh/v3":                          {"trigger", "cmd"},
	"github.com/spf13/cobra":                  {"cmd", "scripts/bench.d/minimal"},
	"github.com/spf13/pflag":                  {"cmd"},
	"github.com/fatih/color":                  {"cmd"},
	"github.com/itchyny/gojq":                 {"cmd"},
	"golang.org/x/term":                       {"cmd"},
	"go.yaml.in/yaml/v3":                      {"emulator/settings", "output"},
	"github.com/tailscale/hujson":             {"emulator/settings"},
	"github.com/HdrHistogram/hdrhistogram-go": {"bench"},
	"golang.org/x/time":                       {"output", "output/apply"},
	"golang.org/x/sys":                        {"cmd", "output", "trigger", "output/apply"},
	"github.com/google/uuid":                  {"client"},
	"github.com/gorilla/websocket":            {"client/ws", "emulator", "client"},
	"github.com/golang-jwt/jwt/v5":            {"token", "scripts/bench.d/minimal"},
	"google.golang.org/protobuf":              {"protocol"},
}

// unwanted are packages of the standard library that cost more than they give:
// templates call methods by name, so the linker keeps every exported method of
// every type, which is a tenth of the binary.
var unwanted = []string{"text/template", "html/template"}

func TestImports(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != "." || d.Name() == "node_modules") {
			if d != nil && d.IsDir() && err == nil {
				return fs.SkipDir
			}
			return err
		}
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			seen++
			checkImports(t, filepath.ToSlash(file))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < len(rooms) {
		t.Errorf("looked at %d files, fewer than there are rooms", seen)
	}
}

func checkImports(t *testing.T, file string) {
	t.Helper()
	room := path.Dir(file)
	allowed, known := rooms[room]
	if !known {
		t.Errorf("%s: %s is no room of this program", file, room)
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(unwanted, imported) {
			t.Errorf("%s imports %s, which makes the binary a tenth larger", file, imported)
		}
		if ours, ok := strings.CutPrefix(imported, "wps/"); ok {
			if !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which %s may not", file, imported, room)
			}
		} else if strings.Contains(strings.Split(imported, "/")[0], ".") && !mayUse(room, imported) {
			t.Errorf("%s imports %s, which %s may not", file, imported, room)
		}
	}
}

// mayUse tells whether a room may import a library or a package of it.
func mayUse(room, imported string) bool {
	for library, users := range outside {
		if imported == library || strings.HasPrefix(imported, library+"/") {
			return slices.Contains(users, room)
		}
	}
	return false
}
