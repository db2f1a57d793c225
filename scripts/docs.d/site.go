package main

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// site is the result: pages by the path of their source, and all files by their path.
type site struct {
	root   fs.FS
	pages  map[string]*page
	order  []string // sources of the pages, as they were found
	files  map[string][]byte
	faults []string
}

//go:embed assets
var assets embed.FS

const start = "README.md"

// build reads the pages and makes all files of the site.
func build(root fs.FS) (*site, error) {
	s := &site{root: root, pages: map[string]*page{}, files: map[string][]byte{}}
	s.add(start)
	for i := 0; i < len(s.order); i++ { // pages add those that they link to
		s.read(s.pages[s.order[i]])
	}
	for _, source := range s.order {
		s.checkHeadings(s.pages[source])
	}
	nav := s.navigation()
	if len(s.faults) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(s.faults, "\n"))
	}
	for _, source := range s.order {
		html, err := s.pages[source].document(nav)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		s.files[s.pages[source].path] = html
	}
	return s, s.addAssets()
}

func (s *site) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// add makes a page of a Markdown file, once.
func (s *site) add(source string) {
	if s.pages[source] == nil {
		s.pages[source] = &page{source: source, path: htmlPath(source)}
		s.order = append(s.order, source)
	}
}

// htmlPath is the path of the page of a source: README.md is the index of its folder.
func htmlPath(source string) string {
	if path.Base(source) == start {
		return path.Join(path.Dir(source), "index.html")
	}
	return strings.TrimSuffix(source, ".md") + ".html"
}

// link returns where a link of a page leads in the site, and adds what it names.
func (s *site) link(p *page, target string) string {
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") || strings.HasPrefix(target, "data:") {
		return target
	}
	file, heading, _ := strings.Cut(target, "#")
	source := p.source
	if file != "" {
		source = path.Join(path.Dir(p.source), file)
	}
	to := source
	if strings.HasSuffix(source, ".md") {
		to = htmlPath(source)
	}
	if !s.has(source) {
		s.fault("%s: the link to %s leads to no file", p.source, target)
		return target
	}
	if heading != "" {
		p.headings = append(p.headings, headingLink{source, heading})
		heading = "#" + heading
	}
	if file == "" {
		return heading
	}
	return relative(p.path, to) + heading
}

// has adds a file of the repository to the site and reports whether it exists.
func (s *site) has(source string) bool {
	if strings.HasSuffix(source, ".md") {
		if _, err := fs.Stat(s.root, source); err != nil {
			return false
		}
		s.add(source)
		return true
	}
	content, err := fs.ReadFile(s.root, source)
	if err != nil {
		return false
	}
	s.files[source] = content
	return true
}

// relative returns the way from one file of the site to another.
func relative(from, to string) string {
	up := strings.Count(from, "/")
	dir := path.Dir(from)
	if up > 0 && strings.HasPrefix(to, dir+"/") {
		return strings.TrimPrefix(to, dir+"/")
	}
	return strings.Repeat("../", up) + to
}

// checkHeadings reports links of a page to headings that do not exist.
func (s *site) checkHeadings(p *page) {
	for _, h := range p.headings {
		if to := s.pages[h.source]; to == nil || !to.ids[h.id] {
			s.fault("%s: %s has no heading #%s", p.source, h.source, h.id)
		}
	}
}

// addAssets adds style, script and the index of the search.
func (s *site) addAssets() error {
	s.files["assets/index.js"] = s.searchIndex()
	return fs.WalkDir(assets, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".html") {
			return err
		}
		content, err := assets.ReadFile(name)
		s.files[name] = content
		return err
	})
}
