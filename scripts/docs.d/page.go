package main

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// page is one Markdown file.
type page struct {
	source, path string // in the repository, in the site
	title        string
	body         template.HTML
	contents     []entry // its headings of the second and third level
	ids          map[string]bool
	headings     []headingLink
	texts        map[string]string // below each heading of contents, for the search
}

// entry is a heading.
type entry struct {
	Level    int
	ID, Text string
}

// headingLink is a link to a heading, before it is known whether that exists.
type headingLink struct{ source, id string }

// read parses a page and renders its body.
func (s *site) read(p *page) {
	source, err := fs.ReadFile(s.root, p.source)
	if err != nil {
		s.fault("%v", err)
		return
	}
	p.ids = map[string]bool{}
	md := goldmark.New(
		goldmark.WithExtensions(extension.GFM),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(html.WithUnsafe(), // the pages are our own
			renderer.WithNodeRenderers(util.Prioritized(blocks{}, 100))),
	)
	document := md.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(headingIDs{p.ids}))))
	err = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			s.visit(p, n, source)
		}
		return ast.WalkContinue, nil
	})
	var body bytes.Buffer
	if err == nil {
		err = md.Renderer().Render(&body, source, document)
	}
	if err != nil {
		s.fault("%s: %v", p.source, err)
	}
	if p.title == "" {
		s.fault("%s has no heading of the first level", p.source)
	}
	p.body = template.HTML(body.String())
	p.texts = textsOf(document, source)
}

// visit notes a heading and rewrites a link.
func (s *site) visit(p *page, n ast.Node, source []byte) {
	switch n := n.(type) {
	case *ast.Heading:
		words := plain(n, source)
		if n.Level == 1 && p.title == "" {
			p.title = words
		}
		if id, ok := n.AttributeString("id"); ok && (n.Level == 2 || n.Level == 3) {
			p.contents = append(p.contents, entry{n.Level, string(id.([]byte)), words})
		}
	case *tables.TableCell:
		if _, head := n.Parent().(*tables.TableHeader); head && plain(n, source) == "" {
			s.fault("%s: a column of a table has no title: %s", p.source, plain(n.Parent(), source))
		}
	case *ast.Link:
		n.Destination = []byte(s.link(p, string(n.Destination)))
	case *ast.Image:
		n.Destination = []byte(s.link(p, string(n.Destination)))
	}
}

// plain returns the text of a node.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// headingIDs makes the ids of headings as GitHub does, so that links work in both
// places.
type headingIDs struct{ seen map[string]bool }

// Generate implements parser.IDs.
func (h headingIDs) Generate(value []byte, _ ast.NodeKind) []byte {
	base := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), r == '_', r == '-':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, string(value))
	id := base
	for n := 1; h.seen[id]; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	h.seen[id] = true
	return []byte(id)
}

// Put implements parser.IDs.
func (h headingIDs) Put(value []byte) { h.seen[string(value)] = true }

// blocks renders code and tables in boxes that scroll by themselves.
type blocks struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (blocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, renderCode)
	r.Register(ast.KindCodeBlock, renderCode)
	r.Register(tables.KindTable, renderTable)
	r.Register(ast.KindCodeSpan, renderSpan)
}

// unbroken is the length of a code span up to which it stays on one line: a browser
// would break a line after each hyphen of a flag.
const unbroken = 24

// renderSpan renders a code span.
func renderSpan(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	words := strings.ReplaceAll(plain(n, source), "\n", " ")
	class := ""
	if len(words) <= unbroken {
		class = ` class="word"`
	}
	fmt.Fprintf(w, "<code%s>%s</code>", class, template.HTMLEscapeString(words))
	return ast.WalkSkipChildren, nil
}

// renderTable puts a table into a box that scrolls.
func renderTable(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString("<div class=\"scroll\" tabindex=\"0\">\n<table>\n")
	} else {
		_, _ = w.WriteString("</table>\n</div>\n")
	}
	return ast.WalkContinue, nil
}

// prompt is the beginning of a line of a console block that was typed.
var prompt = regexp.MustCompile(`(?m)^\$ .*$`)

// renderCode renders a block of code. In a console block what was typed is marked.
func renderCode(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	language := ""
	if fenced, ok := n.(*ast.FencedCodeBlock); ok {
		language = string(fenced.Language(source))
	}
	var code bytes.Buffer
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		code.Write(line.Value(source))
	}
	escaped := template.HTMLEscapeString(code.String())
	if language == "console" {
		escaped = prompt.ReplaceAllString(escaped, `<b>$0</b>`)
	}
	fmt.Fprintf(w, "<pre tabindex=\"0\" data-language=\"%s\"><code>%s</code></pre>\n", template.HTMLEscapeString(language), escaped)
	return ast.WalkSkipChildren, nil
}
