package main

import (
	"fmt"
	"regexp"
	"strings"
)

// typed is what a help text names that is typed: a command in quotes, a flag, a
// variable, a file of a hook or a name in braces.
var typed = regexp.MustCompile(`"wps [^"|` + "`" + `]*"|--[a-z][a-z-]*[a-z](?:=[a-z]+)?|\$?\b(?:WPS|AZURE)_[A-Z_]*[A-Z]|\{[a-z]+\}`)

// prose returns text of a help as Markdown, with what is typed in code spans.
func prose(text string) string {
	var b strings.Builder
	end := 0
	for _, at := range typed.FindAllStringIndex(text, -1) {
		b.WriteString(markdown(text[end:at[0]]))
		b.WriteString("`" + strings.Trim(text[at[0]:at[1]], `"`) + "`")
		end = at[1]
	}
	b.WriteString(markdown(text[end:]))
	return b.String()
}

// guides are the pages that say more about a command, beside those that are about all.
var guides = map[string][]string{
	"apply":      {"apply.md", "events.md"},
	"bench":      {"bench.md", "scale.md"},
	"broadcast":  {"commands.md", "events.md"},
	"close":      {"commands.md", "events.md"},
	"completion": {"install.md"},
	"connect":    {"commands.md", "testing.md"},
	"context":    {"settings.md", "service.md"},
	"doctor":     {"service.md", "faq.md"},
	"emulator":   {"emulator.md", "hooks.md", "inspector.md", "testing.md", "signals.md"},
	"exists":     {"commands.md", "events.md"},
	"group":      {"commands.md", "events.md"},
	"health":     {"service.md", "ci.md"},
	"listen":     {"hooks.md", "tunnel.md", "production.md", "signals.md"},
	"negotiate":  {"tutorial.md", "commands.md"},
	"permission": {"commands.md", "events.md"},
	"replay":     {"inspector.md", "testing.md"},
	"send":       {"commands.md", "events.md", "apply.md"},
	"token":      {"commands.md", "faq.md"},
	"trigger":    {"hooks.md", "testing.md"},
	"version":    {"install.md"},
	"wait":       {"testing.md", "ci.md"},
}

// titles are the words of links to the guides.
var titles = map[string]string{
	"apply.md": "many events", "bench.md": "measuring", "ci.md": "recipes for CI", "commands.md": "examples", "emulator.md": "what the emulator has",
	"events.md": "event objects", "exit-codes.md": "exit codes", "faq.md": "questions", "hooks.md": "hooks", "inspector.md": "the page",
	"install.md": "installing", "production.md": "production", "scale.md": "scale", "service.md": "the real service",
	"settings.md": "settings", "signals.md": "signals", "testing.md": "testing", "tunnel.md": "the tunnel", "tutorial.md": "tutorial",
}

// seeAlso returns the last lines of the page of a command of the root, "" for a page
// that is about none.
func seeAlso(command string) string {
	pages := guides[command]
	if pages == nil {
		return ""
	}
	links := []string{"[all commands](README.md)"}
	for _, page := range append(pages[:len(pages):len(pages)], "exit-codes.md") {
		links = append(links, fmt.Sprintf("[%s](../%s)", titles[page], page))
	}
	return "\n**See also** " + strings.Join(links, ", ") + "\n"
}
