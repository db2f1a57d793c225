package filter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxDepth is how deep parts may lie in one another; maxParts how many there
// may be, so that no request keeps the emulator busy for long. The service
// advises at most about a hundred clauses.
const (
	maxDepth = 100
	maxParts = 10_000
)

// parser goes down the levels of precedence: or, and, comparison, not, primary.
// Each method returns nil after a fault, which is in err.
type parser struct {
	text  string
	next  token
	depth int
	parts int
	err   *Error
}

func parse(text string) (node, error) {
	p := &parser{text: text, next: lex(text, 0)}
	n := p.or()
	if n != nil && p.next.kind != tokenEnd {
		n = p.unexpected()
	}
	if n == nil {
		return nil, p.err
	}
	return n, nil
}

// unexpected refuses the next token. The position is its end, in UTF-16 units.
//
// Source: recorded answer of the real service to "invalid filter".
func (p *parser) unexpected() node {
	return p.fail(fmt.Sprintf("Syntax error at position %d in '%s'.", units(p.text[:p.next.end]), p.text))
}

func (p *parser) fail(detail string) node {
	if p.err == nil {
		p.err = &Error{Part: p.text, Detail: detail}
	}
	return nil
}

func (p *parser) advance() token {
	t := p.next
	p.next = lex(p.text, t.end)
	return t
}

// enter counts one level down; each call is paired with a leave.
func (p *parser) enter() bool {
	p.depth++
	p.parts++
	if p.depth > maxDepth {
		p.fail(fmt.Sprintf("The expression is nested deeper than %d levels.", maxDepth))
		return false
	}
	if p.parts > maxParts {
		p.fail(fmt.Sprintf("The expression has more than %d parts.", maxParts))
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

func (p *parser) or() node  { return p.chain("or", p.and) }
func (p *parser) and() node { return p.chain("and", p.comparison) }

// chain reads operands with word between them.
func (p *parser) chain(word string, operand func() node) node {
	n := operand()
	if n == nil || !p.next.word(word) {
		return n
	}
	items := []node{n}
	for p.next.word(word) {
		p.advance()
		if n = operand(); n == nil {
			return nil
		}
		items = append(items, n)
	}
	return &logical{all: word == "and", items: items}
}

func isComparison(word string) bool {
	switch word {
	case "eq", "ne", "gt", "ge", "lt", "le":
		return true
	}
	return false
}

// comparison reads one or several from left to right; each lies one level deeper
// than the next.
func (p *parser) comparison() node {
	n := p.not()
	entered := 0
	defer func() { p.depth -= entered }()
	for n != nil && p.next.kind == tokenWord {
		in := p.next.text == "in"
		if !in && !isComparison(p.next.text) {
			return n
		}
		entered++
		if !p.enter() {
			return nil
		}
		word := p.advance().text
		if in {
			n = p.in(n)
		} else if right := p.not(); right != nil {
			n = &comparison{word, n, right}
		} else {
			return nil
		}
	}
	return n
}

func (p *parser) in(x node) node {
	if p.next.is("(") {
		if first := lex(p.text, p.next.end); first.is(")") {
			p.next = first // a list needs an element
			return p.unexpected()
		}
		if items := p.list(); items != nil {
			return &oneOf{x, items}
		}
		return nil
	}
	if set := p.not(); set != nil {
		return &memberOf{x, set}
	}
	return nil
}

func (p *parser) not() node {
	if !p.next.word("not") {
		return p.primary()
	}
	defer p.leave()
	if !p.enter() {
		return nil
	}
	p.advance()
	if n := p.not(); n != nil {
		return &not{n}
	}
	return nil
}

func (p *parser) primary() node {
	defer p.leave()
	if !p.enter() {
		return nil
	}
	switch t := p.next; {
	case t.is("("):
		return p.parenthesis()
	case t.kind == tokenString:
		p.advance()
		return &literal{text(strings.ReplaceAll(t.text[1:len(t.text)-1], "''", "'"))}
	case t.kind == tokenNumber:
		p.advance()
		return number(t.text)
	case t.kind == tokenWord:
		p.advance()
		return p.named(t.text)
	}
	return p.unexpected()
}

func (p *parser) parenthesis() node {
	p.advance()
	n := p.or()
	if n == nil {
		return nil
	}
	if !p.next.is(")") {
		return p.unexpected()
	}
	p.advance()
	return n
}

func number(s string) node {
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		return &literal{integer(int(n))}
	}
	return &unknown{name: s}
}

// named returns the node of a word that is not an operator.
func (p *parser) named(name string) node {
	if p.next.is("(") {
		return p.call(name)
	}
	switch name {
	case "null":
		return &literal{}
	case "true", "false":
		return &literal{boolean(name == "true")}
	}
	if get := propertyNamed(strings.ToLower(name)); get != nil {
		return &property{name, get}
	}
	return &unknown{name: name}
}

func (p *parser) call(name string) node {
	args := p.list()
	if p.err != nil {
		return nil
	}
	if f := functionNamed(name); f != nil {
		return &call{name, f, args}
	}
	return &unknown{name: name, args: args, call: true}
}

// list reads expressions in parentheses, perhaps none. It returns nil after a
// fault.
func (p *parser) list() []node {
	p.advance()
	if p.next.is(")") {
		p.advance()
		return nil
	}
	var items []node
	for {
		n := p.or()
		if n == nil {
			return nil
		}
		items = append(items, n)
		if !p.next.is(",") {
			break
		}
		p.advance()
	}
	if !p.next.is(")") {
		p.unexpected()
		return nil
	}
	p.advance()
	return items
}

// fold replaces every part that asks nothing of a connection by its value.
func fold(n node) node {
	constant := true
	part := func(x node) node {
		x = fold(x)
		_, ok := x.(*literal)
		constant = constant && ok
		return x
	}
	each := func(list []node) []node {
		list = slices.Clone(list)
		for i, x := range list {
			list[i] = part(x)
		}
		return list
	}
	switch x := n.(type) {
	case *logical:
		n = &logical{x.all, each(x.items)}
	case *not:
		n = &not{part(x.operand)}
	case *comparison:
		n = &comparison{x.word, part(x.left), part(x.right)}
	case *oneOf:
		n = &oneOf{part(x.x), each(x.items)}
	case *memberOf:
		n = &memberOf{part(x.x), part(x.set)}
	case *call:
		n = &call{x.name, x.f, each(x.args)}
	default:
		return n
	}
	if constant {
		return &literal{n.eval(&Subject{}, nil)}
	}
	return n
}
