package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports holds what each package may import of ours outside tests. Arrows go
// down only: client, trigger and emulator never import each other; the packages of
// the command line join them.
var imports = map[string][]string{
	".": {"cmd"},

	// The command line: the root with its simple commands, a package for each
	// large family of commands, and below them what commands share.
	"cmd": {"cmd/internal/...", "client", "emulator", "output", "token", "protocol", "internal/wait"},

	"cmd/internal/batch":        {"cmd/internal/cli", "cmd/internal/explain", "cmd/internal/service", "client", "output", "output/apply", "cmd/internal/stdio"},
	"cmd/internal/benchcmd":     {"cmd/internal/cli", "cmd/internal/explain", "cmd/internal/service", "bench", "client", "client/ws", "output", "token", "protocol", "cmd/internal/outfile", "internal/reason", "bench/predict"},
	"cmd/internal/connectcmd":   {"cmd/internal/cli", "cmd/internal/explain", "cmd/internal/service", "client/ws", "token", "protocol", "cmd/internal/prompt", "internal/wait", "cmd/internal/record", "protocol/traffic", "cmd/internal/stdio", "cmd/internal/smallinput"},
	"cmd/internal/doctorcmd":    {"cmd/internal/cli", "cmd/internal/explain", "cmd/internal/service", "client", "client/ws", "emulator", "token", "protocol", "internal/reason"},
	"cmd/internal/contextcmd":   {"cmd/internal/cli", "cmd/internal/settings", "token", "protocol"},
	"cmd/internal/emulatorcmd":  {"cmd/internal/cli", "cmd/internal/explain", "cmd/internal/hooks", "cmd/internal/serve", "emulator", "emulator/settings", "trigger", "internal/proctree", "internal/shownurl", "token", "protocol", "cmd/internal/traffictext", "internal/feed", "protocol/traffic", "cmd/internal/inspector", "cmd/internal/record", "cmd/internal/service", "client", "output", "cmd/internal/outfile", "cmd/internal/stdio", "cmd/internal/smallinput", "cmd/internal/foreign"},
	"cmd/internal/handlercmd":   {"cmd/internal/cli", "cmd/internal/hooks", "cmd/internal/negotiatecmd", "cmd/internal/serve", "cmd/internal/service", "client", "emulator", "trigger", "internal/shownurl", "internal/webguard", "token", "protocol", "internal/idleconn", "client/tunnel", "cmd/internal/explain", "protocol/tunnel", "cmd/internal/inspector", "cmd/internal/record", "internal/feed", "output", "protocol/traffic", "cmd/internal/stdio", "cmd/internal/smallinput"},
	"cmd/internal/negotiatecmd": {"cmd/internal/cli", "cmd/internal/serve", "cmd/internal/service", "token", "protocol", "cmd/internal/stdio"},

	"cmd/internal/hooks":       {"cmd/internal/cli", "cmd/internal/explain", "cmd/internal/service", "client", "output", "trigger", "internal/shownurl", "token", "protocol", "cmd/internal/traffictext", "internal/feed", "protocol/traffic", "cmd/internal/stdio"},
	"cmd/internal/service":     {"cmd/internal/cli", "cmd/internal/explain", "client", "output", "token", "protocol", "emulator", "client/entra", "cmd/internal/stdio"},
	"cmd/internal/explain":     {"cmd/internal/cli", "client", "client/ws", "emulator", "output", "output/apply", "protocol", "client/entra", "token", "client/tunnel"},
	"cmd/internal/prompt":      {"cmd/internal/stdio"},
	"cmd/internal/outfile":     {"internal/reason"},
	"cmd/internal/serve":       {"cmd/internal/cli", "internal/webguard", "internal/idleconn", "internal/reason"},
	"cmd/internal/inspector":   {"cmd/internal/cli", "client", "internal/feed", "output", "token", "protocol", "protocol/traffic", "internal/proctree", "cmd/internal/stdio"},
	"cmd/internal/replaycmd":   {"cmd/internal/cli", "cmd/internal/explain", "cmd/internal/record", "cmd/internal/service", "client", "client/ws", "emulator", "internal/shownurl", "token", "protocol", "protocol/traffic"},
	"cmd/internal/record":      {"cmd/internal/cli", "internal/feed", "protocol/traffic"},
	"cmd/internal/traffictext": {"cmd/internal/cli", "protocol", "protocol/traffic", "cmd/internal/stdio"},
	"cmd/internal/cli":         {"internal/shownurl", "internal/suggest", "token", "protocol", "cmd/internal/settings", "cmd/internal/outfile", "cmd/internal/stdio", "cmd/internal/smallinput", "cmd/internal/foreign"},

	// Below cli, which turns its values into what they mean.
	"cmd/internal/settings":   {"internal/suggest", "cmd/internal/outfile", "internal/reason"},
	"cmd/internal/stdio":      {},
	"cmd/internal/smallinput": {},
	"cmd/internal/foreign":    {},

	"client": {"internal/oneline", "internal/wait", "token", "protocol", "internal/reason"},
	// Apart from client, so that a program with an access key does not link
	// azidentity.
	"client/entra":           {"internal/oneline", "token"},
	"client/entra/entratest": {},
	"client/tunnel":          {"client/ws", "internal/oneline", "internal/wait", "token", "protocol", "protocol/tunnel"},
	"client/ws":              {"client", "internal/oneline", "internal/wait", "token", "protocol"},
	"trigger":                {"internal/proctree", "internal/shownurl", "internal/wait", "output", "token", "protocol", "internal/reason"},

	"emulator":                   {"emulator/filter", "emulator/internal/carrier", "emulator/internal/outbound", "emulator/internal/rights", "emulator/internal/tunnel", "internal/shownurl", "internal/webguard", "token", "protocol", "internal/idleconn", "internal/feed", "protocol/traffic", "internal/reason", "protocol/tunnel"},
	"emulator/filter":            {},
	"emulator/internal/carrier":  {"internal/oneline", "internal/shownurl", "internal/wait", "protocol", "protocol/tunnel"},
	"emulator/internal/outbound": {"protocol"},
	"emulator/internal/rights":   {"protocol"},
	"emulator/internal/tunnel":   {"emulator/internal/carrier", "internal/oneline", "protocol", "protocol/tunnel"},
	"emulator/emulatortest":      {"emulator", "token", "protocol"},
	// Its result is options of the emulator. It is no part of emulator, nor may
	// emulator import it, so that a program which only runs the emulator does not
	// link YAML.
	"emulator/settings": {"emulator", "internal/shownurl", "token", "protocol"},

	"output":           {"internal/suggest", "protocol", "internal/reason"},
	"output/apply":     {"internal/wait", "output", "protocol", "internal/reason"},
	"bench":            {"internal/wait", "protocol", "internal/reason"},
	"bench/predict":    {"bench", "protocol"},
	"token":            {"protocol"},
	"protocol":         {},
	"protocol/traffic": {"protocol"},

	"protocol/tunnel": {"protocol"},

	// What our packages share that is not part of the API.
	"internal/idleconn": {},
	"internal/feed":     {"protocol/traffic"},
	"internal/oneline":  {},
	"internal/reason":   {},
	"internal/proctree": {},
	"internal/shownurl": {},
	"internal/suggest":  {},
	"internal/wait":     {},
	"internal/webguard": {},

	// Programs of scripts/bench: they measure from outside.
	"scripts/bench.d/measure":  {},
	"scripts/bench.d/minimal":  {},
	"scripts/bench.d/receiver": {},

	// The program of scripts/attack: loads on an emulator.
	"scripts/attack.d/load": {"token", "protocol"},

	// The program of scripts/release and scripts/docs: what is made of the program.
	"scripts/release.d/material": {"cmd"},
	// The program of scripts/docs, in a module of its own: the documentation's web site.
	"scripts/docs.d": {},
	// The program of scripts/release that writes the container image.
	"scripts/release.d/image": {},
	// The program of scripts/test-install that checks manifests.
	"scripts/release.d/manifests": {},

	// The programs of scripts/scale: what is measured with it.
	"scripts/scale.d/balancer": {},
	"scripts/scale.d/hook":     {},
}

// libraries holds which packages may import a library. One that is not named here
// needs a line, and so a thought.
var libraries = map[string][]string{
	"mvdan.cc/sh/v3":                          {"trigger", "cmd/internal/cli"},
	"github.com/spf13/cobra":                  {"cmd", "cmd/internal/...", "scripts/bench.d/minimal"},
	"github.com/spf13/pflag":                  {"cmd", "cmd/internal/..."},
	"github.com/fatih/color":                  {"cmd/internal/cli"},
	"github.com/itchyny/gojq":                 {"cmd/internal/cli"},
	"golang.org/x/term":                       {"cmd/internal/stdio", "cmd/internal/prompt"},
	"go.yaml.in/yaml/v3":                      {"emulator/settings", "output", "cmd/internal/settings", "scripts/release.d/manifests"},
	"github.com/tailscale/hujson":             {"emulator/settings", "cmd/internal/settings"},
	"github.com/Azure/azure-sdk-for-go":       {"client/entra"},
	"github.com/HdrHistogram/hdrhistogram-go": {"bench", "bench/predict"},
	"golang.org/x/time":                       {"output/apply"},
	"golang.org/x/text":                       {"cmd/internal/stdio"},
	"golang.org/x/sys":                        {"cmd/internal/stdio", "internal/proctree", "output/apply", "trigger"},
	"github.com/google/uuid":                  {"client", "emulator", "client/tunnel"},
	"github.com/gorilla/websocket":            {"client/ws", "emulator", "emulator/internal/tunnel", "client/tunnel", "scripts/bench.d/measure", "scripts/bench.d/receiver"},
	"github.com/golang-jwt/jwt/v5":            {"token", "scripts/bench.d/minimal"},
	"google.golang.org/protobuf":              {"protocol"},
	"github.com/yuin/goldmark":                {"scripts/docs.d"},
	"go.uber.org/goleak":                      {"emulator/emulatortest"},

	"github.com/santhosh-tekuri/jsonschema/v6": {"scripts/release.d/manifests"},
}

// unwanted are packages of the standard library that cost more than they are
// worth: templates call methods by name, so the linker keeps every exported method
// of every type, which makes the binary a sixth larger.
var unwanted = []string{"text/template", "html/template"}

// maxLines is the size of a package, without its tests, above which it must say
// why it is one package.
const maxLines = 3000

func TestImports(t *testing.T) {
	lines := map[string]int{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != "." || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			file = filepath.ToSlash(file)
			lines[path.Dir(file)] += checkFile(t, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range imports {
		if lines[dir] == 0 {
			t.Errorf("%s is in the table and has no files", dir)
		}
	}
	for dir, n := range lines {
		if n > maxLines && !saysWhyOne(t, dir) {
			t.Errorf("%s has %d lines: its package comment must say why it is one package", dir, n)
		}
	}
}

// checkFile checks what a file imports, and returns how many lines it has.
func checkFile(t *testing.T, file string) int {
	t.Helper()
	dir := path.Dir(file)
	allowed, known := imports[dir]
	if !known {
		t.Errorf("%s: package %s is not in the table", file, dir)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(unwanted, imported) && path.Dir(file) != "scripts/docs.d" { // which is not in the binary
			t.Errorf("%s imports %s, which makes the binary a sixth larger", file, imported)
		}
		ours, isOurs := strings.CutPrefix(imported, "wps/")
		isLibrary := !isOurs && strings.Contains(strings.Split(imported, "/")[0], ".")
		if isOurs && !contains(allowed, ours) || isLibrary && !mayUse(dir, imported) {
			t.Errorf("%s imports %s, which %s may not", file, imported, dir)
		}
	}
	return bytes.Count(text, []byte("\n"))
}

// mayUse reports whether a package may import a library or a package of it.
func mayUse(dir, imported string) bool {
	for library, users := range libraries {
		if imported == library || strings.HasPrefix(imported, library+"/") {
			return contains(users, dir)
		}
	}
	return false
}

// contains reports whether a list names a package, or with /... what is below it.
func contains(list []string, dir string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		above, all := strings.CutSuffix(entry, "...")
		return entry == dir || all && strings.HasPrefix(dir, above)
	})
}

// saysWhyOne reports whether a package comment states the reason for its size.
func saysWhyOne(t *testing.T, dir string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil && strings.Contains(f.Doc.Text(), "one package") {
			return true
		}
	}
	return false
}
