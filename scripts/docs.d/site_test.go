package main

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"
)

// TestSite builds the site of this repository: every link of every page leads to a file
// or a heading of the site, nothing is loaded from elsewhere, and the HTML nests.
func TestSite(t *testing.T) {
	s, err := build(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.pages) < 40 {
		t.Errorf("%d pages, want at least 40", len(s.pages))
	}
	documents := map[string]*html.Node{}
	for _, p := range s.pages {
		doc, err := html.Parse(bytes.NewReader(s.files[p.path]))
		if err != nil {
			t.Fatalf("%s: %v", p.path, err)
		}
		checkNesting(t, p.path, s.files[p.path])
		documents[p.path] = doc
	}
	links := 0
	for name, doc := range documents {
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				if a.Key == "href" || a.Key == "src" {
					links++
					checkTarget(t, s, documents, name, n, a.Val)
				}
			}
		}
	}
	if links < 1500 {
		t.Errorf("%d links, want at least 1500", links)
	}
}

// checkTarget reports a link that leads nowhere, or content from elsewhere.
func checkTarget(t *testing.T, s *site, documents map[string]*html.Node, from string, n *html.Node, target string) {
	t.Helper()
	if strings.HasPrefix(target, "https://") || strings.HasPrefix(target, "http://") {
		if n.Data != "a" {
			t.Errorf("%s: <%s> loads %s", from, n.Data, target)
		}
		return
	}
	if strings.HasPrefix(target, "data:") || strings.HasPrefix(target, "mailto:") {
		return
	}
	file, id, _ := strings.Cut(target, "#")
	to := from
	if file != "" {
		to = path.Join(path.Dir(from), file)
	}
	if s.files[to] == nil {
		t.Errorf("%s: %s leads to no file", from, target)
		return
	}
	if id != "" && !hasID(documents[to], id) {
		t.Errorf("%s: %s has no such heading", from, target)
	}
}

func hasID(doc *html.Node, id string) bool {
	if doc == nil {
		return false
	}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "id" && a.Val == id {
				return true
			}
		}
	}
	return false
}

// checkNesting reports an element that is closed out of turn, which browsers correct
// in silence, and an id that occurs twice.
func checkNesting(t *testing.T, name string, content []byte) {
	t.Helper()
	void := map[string]bool{"meta": true, "link": true, "img": true, "input": true, "br": true, "hr": true}
	var open []string
	ids := map[string]bool{}
	z := html.NewTokenizer(bytes.NewReader(content))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("%s: %v is not closed", name, open)
			}
			return
		case html.StartTagToken:
			token := z.Token()
			if !void[token.Data] {
				open = append(open, token.Data)
			}
			for _, a := range token.Attr {
				if a.Key == "id" && ids[a.Val] {
					t.Errorf("%s: the id %q occurs twice", name, a.Val)
				}
				if a.Key == "id" {
					ids[a.Val] = true
				}
			}
		case html.EndTagToken:
			token := z.Token()
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("%s: </%s> closes %v", name, token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
}

// TestFaults: a site is not built from pages with faults, and each is named.
func TestFaults(t *testing.T) {
	pages := fstest.MapFS{}
	for name, text := range map[string]string{
		"README.md":       "# wps\n\n[a](docs/none.md) [b](docs/install.md#none) [c](docs/new.md) [d](docs/faq.md)\n",
		"docs/install.md": "# Install\n\n## Here\n\n[e](#here) [f](../README.md) ![g](none.svg)\n",
		"docs/new.md":     "# New\n\n| a | |\n|---|---|\n| b | c |\n",
		"docs/faq.md":     "No heading.\n",
	} {
		pages[name] = &fstest.MapFile{Data: []byte(text)}
	}
	_, err := build(pages)
	if err == nil {
		t.Fatal("build succeeded")
	}
	for _, want := range []string{
		"README.md: the link to docs/none.md leads to no file", "README.md: docs/install.md has no heading #none",
		"docs/install.md: the link to none.svg leads to no file", "docs/new.md is not in the navigation", "docs/new.md: a column of a table has no title: a", "docs/faq.md has no heading of the first level",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("build: %v, want also %q", err, want)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 6 {
		t.Errorf("%d faults: %v", n, err)
	}
}

// TestWrite replaces an old site, and nothing else.
func TestWrite(t *testing.T) {
	out := filepath.Join(t.TempDir(), "site")
	for range 2 {
		if _, err := write("../..", out); err != nil {
			t.Fatal(err)
		}
	}
	content, err := fs.ReadFile(os.DirFS(out), "docs/reference/index.html")
	if err != nil || !bytes.Contains(content, []byte("<title>Reference – wps</title>")) {
		t.Errorf("docs/reference/index.html: %.300s, %v", content, err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := write("../..", other); err == nil || !strings.Contains(err.Error(), "not a site") {
		t.Errorf("write into a folder with other files: %v", err)
	}
}

// TestSearchIndex checks that the search finds words of texts, code and tables below
// their headings.
func TestSearchIndex(t *testing.T) {
	t.Parallel()
	page := "# wps\n\nabove `one`\nline\n\n## A\n\n- in *a* list\n\n#### deep\n\n```sh\nwps send\n```\n\n## B\n\n<!-- hidden -->\n\n| a | h |\n|---|---|\n| `--flag` | cell |\n"
	s, err := build(fstest.MapFS{"README.md": &fstest.MapFile{Data: []byte(page)}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `window.searchIndex = [{"t":"wps","h":"index.html","x":"above one line"},` +
		`{"t":"A","p":"wps","h":"index.html#a","x":"in a list deep wps send"},` +
		`{"t":"B","p":"wps","h":"index.html#b","x":"a h --flag cell"}]` + "\n"
	if got := string(s.files["assets/index.js"]); got != want {
		t.Errorf("index = %s, want %s", got, want)
	}
}
