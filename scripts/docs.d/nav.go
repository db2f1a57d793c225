package main

import (
	"bytes"
	"embed"
	"html/template"
	"path"
	"slices"
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
	below []*page // of an index, the pages of its folder
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
				g.Items = append(g.Items, item{shortTitle(p), p, s.below(p)})
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

// below returns the other pages of the folder of an index, in the order of their names.
// Those of the first page are in the sections.
func (s *site) below(index *page) []*page {
	var all []*page
	if path.Base(index.source) != start || index.source == start {
		return nil
	}
	for _, source := range slices.Sorted(slices.Values(s.order)) {
		if source != index.source && path.Dir(source) == path.Dir(index.source) {
			all = append(all, s.pages[source])
		}
	}
	return all
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

// navLink is a link of the navigation of one page.
type navLink struct {
	Title, Href    string
	Current, Below bool
}

// navGroup is a part of it.
type navGroup struct {
	Title string
	Links []navLink
}

// links returns the navigation as a page has it: the pages of a folder are in it on
// these pages alone.
func (p *page) links(nav []group) []navGroup {
	groups := make([]navGroup, len(nav))
	for i, g := range nav {
		groups[i].Title = g.Title
		for _, it := range g.Items {
			add := func(to *page, title string, below bool) {
				groups[i].Links = append(groups[i].Links, navLink{title, relative(p.path, to.path), to == p, below})
			}
			add(it.page, it.Title, false)
			if it.page == p || slices.Contains(it.below, p) {
				for _, to := range it.below {
					add(to, to.title, true)
				}
			}
		}
	}
	return groups
}

// document returns the whole HTML of a page.
func (p *page) document(nav []group) ([]byte, error) {
	title := p.title
	if p.source != start {
		title += " – wps"
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, map[string]any{
		"Title": title, "Body": p.body, "Contents": p.contents, "Groups": p.links(nav),
		"Home": relative(p.path, "index.html"), "Assets": relative(p.path, "assets"), "Root": strings.Repeat("../", strings.Count(p.path, "/")),
	})
	return b.Bytes(), err
}
