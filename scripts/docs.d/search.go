package main

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// found is what the search finds: a page or one of its headings, with the text below it
// as far as the next heading.
type found struct {
	Title string `json:"t"`
	Page  string `json:"p,omitempty"` // title of the page of a heading
	Href  string `json:"h"`
	Text  string `json:"x,omitempty"`
}

// searchIndex is a script with what the search finds in all pages.
func (s *site) searchIndex() []byte {
	var all []found
	for _, source := range s.order {
		p := s.pages[source]
		all = append(all, found{Title: p.title, Href: p.path, Text: p.texts[""]})
		for _, e := range p.contents {
			all = append(all, found{e.Text, p.title, p.path + "#" + e.ID, p.texts[e.ID]})
		}
	}
	var b bytes.Buffer
	b.WriteString("window.searchIndex = ")
	_ = json.NewEncoder(&b).Encode(all) // strings always encode
	return b.Bytes()
}

// textsOf returns the text of a page, with its code, by the ids of the headings that the
// contents have; what is above the first is "".
func textsOf(document ast.Node, source []byte) map[string]string {
	texts := map[string]string{}
	id := ""
	for n := document.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level <= 3 {
			if v, ok := h.AttributeString("id"); ok && h.Level > 1 {
				id = string(v.([]byte))
			}
			continue
		}
		texts[id] = strings.TrimSpace(texts[id] + " " + strings.Join(strings.Fields(blockText(n, source)), " "))
	}
	return texts
}

// blockText returns the text of a block with that of the blocks in it. HTML is left out.
func blockText(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch {
		case n.Kind() == ast.KindHTMLBlock:
			return ast.WalkSkipChildren, nil
		case !entering && n.Type() == ast.TypeBlock:
			b.WriteString(" ")
		case entering && (n.Kind() == ast.KindFencedCodeBlock || n.Kind() == ast.KindCodeBlock):
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				b.Write(line.Value(source))
			}
		case entering && n.Kind() == ast.KindText:
			t := n.(*ast.Text)
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteString(" ")
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
