package filter

import (
	"strconv"
	"strings"
)

// node is a part of an expression.
type node interface {
	// eval returns the node's value for s. A fault is reported to p, which may be
	// nil.
	eval(s *Subject, p *problem) value
	// print writes the node as it can be read again.
	print(b *strings.Builder)
	binding() binding
}

// binding is how tightly a node holds its parts together.
type binding uint8

const (
	bindOr binding = iota
	bindAnd
	bindCompare
	bindNot
	bindPrimary
)

func printed(n node) string {
	var b strings.Builder
	n.print(&b)
	return b.String()
}

// within writes n as an operand of something that binds as tightly as least.
func within(b *strings.Builder, n node, least binding) {
	if n.binding() >= least {
		n.print(b)
		return
	}
	b.WriteByte('(')
	n.print(b)
	b.WriteByte(')')
}

func printList(b *strings.Builder, items []node) {
	b.WriteByte('(')
	for i, n := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		n.print(b)
	}
	b.WriteByte(')')
}

type literal struct{ value value }

func (n *literal) eval(*Subject, *problem) value { return n.value }
func (*literal) binding() binding                { return bindPrimary }

func (n *literal) print(b *strings.Builder) {
	switch n.value.kind {
	case kindBool:
		b.WriteString(strconv.FormatBool(n.value.yes))
	case kindInt:
		b.WriteString(strconv.Itoa(n.value.number))
	case kindString:
		b.WriteByte('\'')
		b.WriteString(strings.ReplaceAll(n.value.text, "'", "''"))
		b.WriteByte('\'')
	default:
		b.WriteString("null")
	}
}

// property is one of the four things a connection can be asked; name is as it
// was written.
type property struct {
	name string
	get  func(*Subject) value
}

func (n *property) eval(s *Subject, _ *problem) value { return n.get(s) }
func (n *property) print(b *strings.Builder)          { b.WriteString(n.name) }
func (*property) binding() binding                    { return bindPrimary }

// propertyNamed returns how a property of a name in lower case is read, or nil.
func propertyNamed(name string) func(*Subject) value {
	switch name {
	case "connectionid":
		return func(s *Subject) value { return text(s.ConnectionID) }
	case "userid":
		return func(s *Subject) value { return optional(s.UserID, s.HasUser) }
	case "groups":
		return func(s *Subject) value { return value{kind: kindCollection, set: s.Groups} }
	case "protocol":
		return func(s *Subject) value { return optional(s.Protocol, s.Protocol != "") }
	}
	return nil
}

// unknown is a name or a literal that filters do not have. It is refused only
// when the syntax of the whole is right.
type unknown struct {
	name string
	args []node
	call bool
}

func (n *unknown) eval(_ *Subject, p *problem) value {
	return n.report(n, p)
}

// report reports n as a fault of part, which is n or what it is an operand of.
func (n *unknown) report(part node, p *problem) value {
	return p.report(part, "Token '"+printed(n)+"' is not supported.")
}

func (n *unknown) print(b *strings.Builder) {
	b.WriteString(n.name)
	if n.call {
		printList(b, n.args)
	}
}

func (*unknown) binding() binding { return bindPrimary }

// logical joins two or more operands with and, or with or. All are evaluated,
// so that a wrong type never hides.
type logical struct {
	all   bool // and
	items []node
}

func (n *logical) eval(s *Subject, p *problem) value {
	result, wrong := n.all, false
	for _, item := range n.items {
		v := p.bool(n, item.eval(s, p))
		switch {
		case v.wrong():
			wrong = true
		case n.all:
			result = result && v.yes
		default:
			result = result || v.yes
		}
	}
	if wrong {
		return broken
	}
	return boolean(result)
}

func (n *logical) print(b *strings.Builder) {
	word, least := " or ", bindAnd
	if n.all {
		word, least = " and ", bindCompare
	}
	for i, item := range n.items {
		if i > 0 {
			b.WriteString(word)
		}
		within(b, item, least)
	}
}

func (n *logical) binding() binding {
	if n.all {
		return bindAnd
	}
	return bindOr
}

type not struct{ operand node }

func (n *not) eval(s *Subject, p *problem) value {
	v := p.bool(n, n.operand.eval(s, p))
	v.yes = !v.yes
	return v
}

func (n *not) print(b *strings.Builder) {
	b.WriteString("not ")
	within(b, n.operand, bindNot)
}

func (*not) binding() binding { return bindNot }

// comparison is eq, ne, gt, ge, lt or le.
type comparison struct {
	word        string
	left, right node
}

func (n *comparison) eval(s *Subject, p *problem) value {
	a, b := n.operand(n.left, s, p), n.operand(n.right, s, p)
	if a.wrong() || b.wrong() {
		return broken
	}
	switch n.word {
	case "eq":
		return boolean(equal(a, b))
	case "ne":
		return boolean(!equal(a, b))
	}
	return n.order(a, b, p)
}

// operand evaluates an operand. A name or a literal that filters do not have is a
// fault of the whole comparison, a function one of its own.
//
// Source: the tests of the vendor's emulator, "ab eq 1" and "invalid(ab,c)".
func (n *comparison) operand(x node, s *Subject, p *problem) value {
	if u, ok := x.(*unknown); ok && !u.call {
		return u.report(n, p)
	}
	return x.eval(s, p)
}

// order compares integers; with a null the answer is no.
func (n *comparison) order(a, b value, p *problem) value {
	for _, v := range [...]value{a, b} {
		if v.kind != kindInt && v.kind != kindNull {
			return p.mismatch(n, v.kind, kindInt)
		}
	}
	if a.null() || b.null() {
		return boolean(false)
	}
	switch n.word {
	case "gt":
		return boolean(a.number > b.number)
	case "ge":
		return boolean(a.number >= b.number)
	case "lt":
		return boolean(a.number < b.number)
	default:
		return boolean(a.number <= b.number)
	}
}

func (n *comparison) print(b *strings.Builder) {
	within(b, n.left, bindCompare)
	b.WriteString(" " + n.word + " ")
	within(b, n.right, bindNot)
}

func (*comparison) binding() binding { return bindCompare }

// oneOf is "x in (a,b)".
type oneOf struct {
	x     node
	items []node
}

func (n *oneOf) eval(s *Subject, p *problem) value {
	x := n.x.eval(s, p)
	found, wrong := false, x.wrong()
	for _, item := range n.items {
		v := item.eval(s, p)
		wrong = wrong || v.wrong()
		found = found || equal(x, v)
	}
	if wrong {
		return broken
	}
	return boolean(found)
}

func (n *oneOf) print(b *strings.Builder) {
	within(b, n.x, bindCompare)
	b.WriteString(" in ")
	printList(b, n.items)
}

func (*oneOf) binding() binding { return bindCompare }

// memberOf is "x in groups".
type memberOf struct{ x, set node }

func (n *memberOf) eval(s *Subject, p *problem) value {
	x, set := n.x.eval(s, p), n.set.eval(s, p)
	switch {
	case x.wrong() || set.wrong():
		return broken
	case set.kind != kindCollection:
		return p.mismatch(n, set.kind, kindCollection)
	case x.kind != kindString || x.null():
		return boolean(false)
	}
	_, in := set.set[x.text]
	return boolean(in)
}

func (n *memberOf) print(b *strings.Builder) {
	within(b, n.x, bindCompare)
	b.WriteString(" in ")
	within(b, n.set, bindNot)
}

func (*memberOf) binding() binding { return bindCompare }
