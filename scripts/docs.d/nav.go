package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"path"
	"strings"
)

// group is a part of the navigation.
type group struct {
	Title string
	Items []item
}

// item is a page in the navigation.
type item struct {
	Title string
	page  *page
}

// sections are the pages of the navigation, by the names of their sources. Pages of a
// folder whose index is in it are below that index.
var sections = []struct {
	title   string
	sources []string
}{
	{"Start", []string{"README.md", "docs/install.md", "docs/tutorial.md", "docs/commands.md", "docs/faq.md"}},
	{"Guides", []string{
		"docs/hooks.md", "docs/apply.md", "docs/testing.md", "docs/ci.md", "docs/service.md", "docs/tunnel.md",
		"docs/production.md", "docs/inspector.md", "docs/bench.md", "docs/scale.md",
	}},
	{"Reference", []string{
		"docs/reference/README.md", "docs/events.md", "docs/settings.md", "docs/exit-codes.md", "docs/signals.md", "docs/emulator.md", "docs/schemas/README.md",
	}},
	{"Project", []string{"CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "conformance/README.md", "packaging/npm/README.md"}},
}

// navigation returns the groups. A page that is in none is a fault.
func (s *site) navigation() []group {
	var nav []group
	seen := map[string]bool{}
	for _, section := range sections {
		g := group{Title: section.title}
		for _, source := range section.sources {
			if p := s.pages[source]; p != nil {
				g.Items = append(g.Items, item{shortTitle(p), p})
				seen[source] = true
			}
		}
		nav = append(nav, g)
	}
	titles := map[string]string{}
	for _, source := range s.order {
		index := path.Join(path.Dir(source), start)
		if !seen[source] && (!seen[index] || index == start) {
			s.fault("%s is not in the navigation: add it to the sections in scripts/docs.d/nav.go", source)
		}
		title := s.pages[source].title
		if other := titles[title]; other != "" {
			s.fault("%s and %s have the same title %q", other, source, title)
		}
		titles[title] = source
	}
	return nav
}

// shortTitle is the title of a page in the navigation.
func shortTitle(p *page) string {
	switch p.source {
	case start:
		return "Overview"
	case "packaging/npm/README.md":
		return "npm package"
	}
	return p.title
}

//go:embed assets/page.html
var pageFile embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFile, "assets/page.html"))

// document returns the whole HTML of a page.
func (p *page) document(nav []group) ([]byte, error) {
	type link struct {
		Title, Href string
		Current     bool
	}
	type linkGroup struct {
		Title string
		Links []link
	}
	groups := make([]linkGroup, len(nav))
	for i, g := range nav {
		groups[i].Title = g.Title
		for _, it := range g.Items {
			below := path.Base(it.page.source) == start && it.page.source != start && path.Dir(it.page.source) == path.Dir(p.source)
			groups[i].Links = append(groups[i].Links, link{it.Title, relative(p.path, it.page.path), it.page == p || below})
		}
	}
	title := p.title
	if p.source != start {
		title += " – wps"
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, map[string]any{
		"Title": title, "Body": p.body, "Contents": p.contents, "Groups": groups,
		"Home": relative(p.path, "index.html"), "Assets": relative(p.path, "assets"), "Root": strings.Repeat("../", strings.Count(p.path, "/")),
	})
	return b.Bytes(), err
}

// searchIndex is a script with the titles and headings of all pages.
func (s *site) searchIndex() []byte {
	type found struct {
		Title string `json:"t"`
		Page  string `json:"p,omitempty"` // title of the page of a heading
		Href  string `json:"h"`
	}
	var all []found
	for _, source := range s.order {
		p := s.pages[source]
		all = append(all, found{Title: p.title, Href: p.path})
		for _, e := range p.contents {
			all = append(all, found{e.Text, p.title, p.path + "#" + e.ID})
		}
	}
	var b bytes.Buffer
	b.WriteString("window.searchIndex = ")
	enc := json.NewEncoder(&b)
	_ = enc.Encode(all) // strings always encode
	return b.Bytes()
}
