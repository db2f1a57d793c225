package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"wps/cmd"
)

// TestManual has a page for each command, whose lines are text or macros of roff.
func TestManual(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "man")
	if err := writeManual(dir, "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) != len(cmd.HelpPages()) || len(pages) < 30 {
		t.Fatalf("%d pages, %v, want one for each of %d commands", len(pages), err, len(cmd.HelpPages()))
	}
	macro := regexp.MustCompile(`^\.(TH|SH|PP|nf|fi|BR)( |$)`)
	for _, page := range pages {
		text := read(t, page)
		for _, want := range []string{".TH WPS", ".SH NAME\nwps", `wps v1.2.3`, ".SH DESCRIPTION", ".SH USAGE", ".SH FLAGS", ".SH EXIT CODES", ".SH SEE ALSO"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q", page, want)
			}
		}
		for line := range strings.SplitSeq(text, "\n") {
			if strings.HasPrefix(line, ".") && !macro.MatchString(line) || strings.HasPrefix(line, "'") {
				t.Errorf("%s: line %q is a macro", page, line)
			}
		}
	}
	if got, want := roff(`.a 'b\c -d`), `\&.a 'b\ec \-d`; got != want {
		t.Errorf("roff = %q, want %q", got, want)
	}
}

// TestReference checks that docs/reference is what the commands generate, and that
// each command and flag is in it.
func TestReference(t *testing.T) {
	t.Parallel()
	const dir = "../../../docs/reference"
	pages := referencePages()
	files, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil || len(files) != len(pages) || len(pages) < 20 {
		t.Errorf("docs/reference has %d pages, want %d (%v): run scripts/docs --reference", len(files), len(pages), err)
	}
	all := ""
	for name, text := range pages {
		all += text
		if read(t, filepath.Join(dir, name)) != text {
			t.Errorf("docs/reference/%s is not current: run scripts/docs --reference", name)
		}
	}
	for _, p := range cmd.HelpPages()[1:] {
		if !strings.Contains(all, "# "+p.Command+"\n") {
			t.Errorf("%s has no section", p.Command)
		}
		for _, f := range withoutHelp(p.Flags) {
			if !strings.Contains(all, "| `"+strings.ReplaceAll(strings.TrimSpace(f.Name+" "+f.Value), "|", `\|`)+"` | ") {
				t.Errorf("%s: no row for %s", p.Command, f.Name)
			}
		}
	}
}

// TestNotices has the licence of every module, and the same bytes each time.
func TestNotices(t *testing.T) {
	t.Chdir("../../..")
	first, second := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	for _, file := range []string{first, second} {
		if err := writeNotices(file); err != nil {
			t.Fatal(err)
		}
	}
	text := read(t, first)
	for _, want := range []string{"github.com/gorilla/websocket v", "github.com/inconshreveable/mousetrap v", "The Go standard library", "Redistribution and use", "MIT License"} {
		if !strings.Contains(text, want) {
			t.Errorf("the notices have no %q", want)
		}
	}
	if text != read(t, second) || strings.Contains(text, "goleak") {
		t.Error("the notices differ from run to run, or have a module that is in tests only")
	}
}

// TestGuides: the page of each command leads to guides that exist.
func TestGuides(t *testing.T) {
	t.Parallel()
	for name, text := range referencePages() {
		if name == "README.md" || name == "topics.md" {
			continue
		}
		_, links, ok := strings.Cut(text, "\n**See also** ")
		if !ok || strings.Contains(links, "[]") {
			t.Errorf("%s leads to no guide, or to one without words: add it to reference_text.go: %s", name, links)
		}
		for _, guide := range guides[strings.TrimSuffix(name, ".md")] {
			if _, err := os.Stat(filepath.Join("../../../docs", guide)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if len(guides) != len(referencePages())-2 {
		t.Errorf("%d commands have guides, of %d", len(guides), len(referencePages())-2)
	}
}

// TestProse puts what is typed into code spans.
func TestProse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`with --hub or $WPS_HUB, "wps help flags"`: "with `--hub` or `$WPS_HUB`, `wps help flags`",
		`a_b {hub} <x> --`:                         "a\\_b `{hub}` \\<x\\> --",
		`"wps a|b"`:                                `"wps a\|b"`,
		"":                                         "",
	} {
		if got := prose(text); got != want {
			t.Errorf("prose(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestBill has the modules of a program: of this test.
func TestBill(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bill.json")
	if err := writeBill(self, file); err != nil {
		t.Fatal(err)
	}
	var b bill
	d := json.NewDecoder(bytes.NewReader([]byte(read(t, file))))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, c := range b.Components {
		found[c.Name] = c.URL
	}
	if !strings.HasPrefix(found["github.com/spf13/cobra"], "pkg:golang/github.com/spf13/cobra@v") || found["stdlib"] == "" {
		t.Errorf("components = %v, want cobra and the standard library", found)
	}
	if len(b.Dependencies) != 1 || len(b.Dependencies[0].On) != len(b.Components) || len(b.Metadata.Component.Hashes[0].Content) != 64 {
		t.Errorf("bill = %+v, want all components below the program, with its hash", b)
	}
	if err := writeBill("material.go", file); err == nil {
		t.Error("a file that is no program has a bill")
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
