package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pageCode is what a page has in blocks of code and in code spans. Blocks come first.
var pageCode = regexp.MustCompile("(?ms)^```.*?^```$|`[^`]+`")

// TestWordsOfPages looks for banned words in the text of the pages, code left out. The
// changelog has what was said at the time.
func TestWordsOfPages(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../docs/*/*.md", "../conformance/*.md", "../packaging/*/*.md"} {
		pages, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			if filepath.Base(page) == "CHANGELOG.md" {
				continue
			}
			looked++
			checkPage(t, page)
		}
	}
	if looked < 40 {
		t.Errorf("looked at %d pages, which are not all", looked)
	}
}

// checkPage reports the banned words of a page with their lines.
func checkPage(t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Error(err)
		return
	}
	plain := pageCode.ReplaceAllStringFunc(string(text), func(s string) string {
		return strings.Repeat("_", len(s)-strings.Count(s, "\n")) + strings.Repeat("\n", strings.Count(s, "\n"))
	})
	for _, found := range bannedIn(plain) {
		t.Errorf("%s:%d: %q: write %s", page, 1+strings.Count(plain[:found.at], "\n"), found.word, found.instead)
	}
}
