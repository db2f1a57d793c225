package filter

// kind is the type of a value. Its words are part of error texts.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindString
	kindInt
	kindCollection
	kindBroken // of an evaluation that failed
)

func (k kind) String() string {
	return [...]string{"null", "bool", "string", "int", "collection", "broken"}[k]
}

// value is the result of an expression. It is passed by value, so that
// evaluating allocates nothing.
type value struct {
	kind   kind
	absent bool // a string property that is null: it keeps its type
	yes    bool
	number int
	text   string
	set    map[string]struct{}
}

var broken = value{kind: kindBroken}

func boolean(b bool) value  { return value{kind: kindBool, yes: b} }
func integer(n int) value   { return value{kind: kindInt, number: n} }
func text(s string) value   { return value{kind: kindString, text: s} }
func (v value) null() bool  { return v.kind == kindNull || v.absent }
func (v value) wrong() bool { return v.kind == kindBroken }

// optional is a string property.
func optional(s string, given bool) value {
	return value{kind: kindString, text: s, absent: !given}
}

// equal compares values: two nulls are equal, values of different types are not.
func equal(a, b value) bool {
	switch {
	case a.null() || b.null():
		return a.null() && b.null()
	case a.kind != b.kind:
		return false
	case a.kind == kindCollection:
		return true // there is one collection, the connection's groups
	}
	return a.yes == b.yes && a.number == b.number && a.text == b.text
}

// problem keeps the first fault of an evaluation. Nil keeps nothing.
type problem struct{ err *Error }

func (p *problem) report(n node, detail string) value {
	if p != nil && p.err == nil {
		p.err = &Error{Part: printed(n), Detail: detail}
	}
	return broken
}

// mismatch reports an operand of n that has the wrong type.
func (p *problem) mismatch(n node, have, want kind) value {
	if p == nil {
		return broken
	}
	return p.report(n, "Type '"+have.String()+"', expect '"+want.String()+"'.")
}

// bool checks that an operand of n is a bool.
func (p *problem) bool(n node, v value) value {
	if v.kind != kindBool && !v.wrong() {
		return p.mismatch(n, v.kind, kindBool)
	}
	return v
}
