package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// emulatorPage says what the emulator does, and by which tests that is shown.
const emulatorPage = "docs/emulator.md"

// signalsPage says what ends the commands, and by which tests that is shown.
const signalsPage = "docs/signals.md"

// tunnelPage says what happens to a tunnel, and by which tests that is shown.
const tunnelPage = "docs/tunnel.md"

// TestShownByPages checks that each row of these pages names tests that exist, and
// that the README links to them.
func TestShownByPages(t *testing.T) {
	t.Parallel()
	tests := namesOfTests(t)
	for _, page := range []string{signalsPage, tunnelPage} {
		for _, row := range rowsOf(t, page) {
			shown := quoted.FindAllStringSubmatch(row.cell("shown by"), -1)
			if len(shown) == 0 {
				t.Errorf("%s:%d: the row names no test", page, row.line)
			}
			for _, name := range shown {
				if !tests[name[1]] {
					t.Errorf("%s:%d: there is no test %q", page, row.line, name[1])
				}
			}
		}
		if readme, err := os.ReadFile("README.md"); err != nil || !strings.Contains(string(readme), "("+page+")") {
			t.Errorf("README.md does not link to %s (%v)", page, err)
		}
	}
}

// TestReadme checks that the README is an overview, which leads to every page of docs.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme := readPage(t, "README.md")
	if n := strings.Count(readme, "\n"); n > 160 {
		t.Errorf("README.md has %d lines, want at most 160: move something to docs", n)
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) < 10 {
		t.Fatalf("pages %q, %v", pages, err)
	}
	for _, page := range pages {
		if !strings.Contains(readme, "("+filepath.ToSlash(page)+")") {
			t.Errorf("README.md does not link to %s", page)
		}
	}
}

// TestEmulatorPage holds the page to the tree: every row that says "works" names
// a test, and every test that is named is there.
func TestEmulatorPage(t *testing.T) {
	t.Parallel()
	tests := namesOfTests(t)
	operations := 0
	for _, row := range rowsOf(t, emulatorPage) {
		shown := quoted.FindAllStringSubmatch(row.cell("shown by"), -1)
		for _, name := range shown {
			if !tests[name[1]] {
				t.Errorf("%s:%d: there is no test %q", emulatorPage, row.line, name[1])
			}
		}
		switch status := row.cell("status"); {
		case strings.HasPrefix(status, "works") && len(shown) == 0:
			t.Errorf("%s:%d: a row that works names no test", emulatorPage, row.line)
		case row.has("status") && !knownStatus.MatchString(status):
			t.Errorf("%s:%d: status %q is none of works, differs, not supported", emulatorPage, row.line, status)
		}
		if row.cell("operation") != "" {
			operations++
		}
	}
	if operations != 25 {
		t.Errorf("%s: %d REST operations, want 25", emulatorPage, operations)
	}
	if readme, err := os.ReadFile("README.md"); err != nil || !strings.Contains(string(readme), "("+emulatorPage+")") {
		t.Errorf("README.md does not link to %s (%v)", emulatorPage, err)
	}
}

var (
	quoted      = regexp.MustCompile("`([^`]+)`")
	knownStatus = regexp.MustCompile(`^(works|differs|not supported)\b`)
)

// tableRow is one row of a table, with the table's columns.
type tableRow struct {
	line  int
	cells map[string]string
}

func (r tableRow) cell(column string) string { return r.cells[column] }

func (r tableRow) has(column string) bool { _, ok := r.cells[column]; return ok }

// rowsOf returns the rows of every table of a page that has a column "shown by".
func rowsOf(t *testing.T, page string) (rows []tableRow) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for i, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "|") {
			columns = nil
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for k := range cells {
			cells[k] = strings.TrimSpace(cells[k])
		}
		switch {
		case columns == nil:
			columns = cells
		case strings.HasPrefix(line, "|--"):
		case len(cells) != len(columns):
			t.Errorf("%s:%d: %d cells, want %d", page, i+1, len(cells), len(columns))
		case columns[len(columns)-1] != "shown by":
			t.Errorf("%s:%d: the table's last column is %q, want \"shown by\"", page, i+1, columns[len(columns)-1])
		default:
			row := tableRow{i + 1, map[string]string{}}
			for k, c := range cells {
				row.cells[columns[k]] = c
			}
			rows = append(rows, row)
		}
	}
	return rows
}

var jsTest = regexp.MustCompile("(?m)^\\s*test\\(([\"`])(.+?)[\"`],")

// namesOfTests returns every test as the page writes it.
func namesOfTests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		dir, base := path.Split(filepath.ToSlash(file))
		dir = strings.TrimSuffix(dir, "/")
		switch {
		case strings.HasSuffix(base, "_test.go"):
			for _, name := range goTests(t, file) {
				names[dir+"."+name] = true
			}
		case dir == "cmd/testdata/script":
			names[base] = true
		case strings.HasPrefix(dir, "conformance/") && strings.HasSuffix(base, ".test.js"):
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, m := range jsTest.FindAllStringSubmatch(string(text), -1) {
				names[base+": "+m[2]] = true
			}
		case dir == "conformance/java" && strings.HasSuffix(base, "Test.java"):
			for _, m := range javaTest.FindAllStringSubmatch(readPage(t, file), -1) {
				names[base+": "+m[1]] = true
			}
		case dir == "conformance/python" && strings.HasPrefix(base, "test_"):
			for _, name := range pythonTests(readPage(t, file)) {
				names[base+": "+name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var pythonTest = regexp.MustCompile(`(?m)^class (\w+)|^    def (test_\w+)\(`)

// pythonTests returns the tests of a Python file, as "Class.test".
func pythonTests(text string) (names []string) {
	class := ""
	for _, m := range pythonTest.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			class = m[1]
			continue
		}
		names = append(names, class+"."+m[2])
	}
	return names
}

// javaTest is a check of conformance/java.
var javaTest = regexp.MustCompile(`@Test\s+static void (\w+)\(`)

// goTests returns the tests, fuzz targets and benchmarks of a Go file.
func goTests(t *testing.T, file string) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil {
			continue
		}
		for _, kind := range []string{"Test", "Fuzz", "Benchmark"} {
			if strings.HasPrefix(f.Name.Name, kind) {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

// link is an inline link of Markdown to a file or a heading of the repository.
var link = regexp.MustCompile(`\]\(([^)\s:#]*)(?:#([^)\s]*))?\)`)

// TestLinks checks that the links between the pages lead to a file and, if they
// name one, to a heading.
func TestLinks(t *testing.T) {
	t.Parallel()
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/reference/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	links := 0
	for _, page := range pages {
		for i, line := range strings.Split(readPage(t, page), "\n") {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				links++
				checkLink(t, page, i+1, m[1], m[2])
			}
		}
	}
	if links == 0 {
		t.Errorf("no link in %v", pages)
	}
}

// checkLink reports a link without its file or heading; file "" is page itself.
func checkLink(t *testing.T, page string, line int, file, heading string) {
	t.Helper()
	target := page
	if file != "" {
		target = filepath.Join(filepath.Dir(page), filepath.FromSlash(file))
	}
	if _, err := os.Stat(target); err != nil {
		t.Errorf("%s:%d: link to %s: %v", page, line, file, err)
		return
	}
	if heading != "" && !hasHeading(readPage(t, target), heading) {
		t.Errorf("%s:%d: %s has no heading #%s", page, line, target, heading)
	}
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)

// hasHeading reports whether a page has a heading with this anchor, formed as
// GitHub does: lower case, without punctuation, with hyphens for spaces.
func hasHeading(text, anchor string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		title := strings.TrimLeft(line, "#")
		if title == line {
			continue
		}
		title = notInAnchor.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
		if strings.ReplaceAll(title, " ", "-") == anchor {
			return true
		}
	}
	return false
}

func readPage(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// architecturePage describes the packages, and how they work together.
const architecturePage = "ARCHITECTURE.md"

// TestArchitecture checks that the page names every package of the module, and
// that the files and the exported names in its code spans exist.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	m := readModule(t)
	text := readPage(t, architecturePage)
	for dir := range m.packages {
		if !regexp.MustCompile(`(?m)(^|[\s` + "`" + `])` + regexp.QuoteMeta(dir) + `($|[\s,` + "`" + `])`).MatchString(text) {
			t.Errorf("%s does not name package %s", architecturePage, dir)
		}
	}
	words := 0
	fenced := false
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
			continue
		}
		for _, word := range codeWords(line, fenced) {
			words++
			if problem := m.problem(word); problem != "" {
				t.Errorf("%s:%d: %s: %s", architecturePage, i+1, word, problem)
			}
		}
	}
	if words == 0 {
		t.Errorf("%s has no code span", architecturePage)
	}
}

// codeWords returns the words of the code spans of a line; all of it is code if it
// is fenced.
func codeWords(line string, fenced bool) (words []string) {
	code := []string{line}
	if !fenced {
		code = nil
		for _, span := range quoted.FindAllStringSubmatch(line, -1) {
			code = append(code, span[1])
		}
	}
	for _, c := range code {
		words = append(words, strings.FieldsFunc(c, func(r rune) bool { return !strings.ContainsRune(wordBytes, r) })...)
	}
	return words
}

const wordBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./*-"
