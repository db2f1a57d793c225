package filter

import (
	"strings"
	"unicode/utf16"
)

// maxArgs is how many arguments a function has at most.
const maxArgs = 3

// function is one that filters can call. Its first two arguments are strings;
// nulls are passed to run as they are.
type function struct {
	least, most int
	numbers     bool // the arguments after the first are integers
	collection  bool // accepts a collection too
	run         func(args [maxArgs]value) value
}

// functionNamed returns the function of a name in lower case, or nil.
func functionNamed(name string) *function {
	switch name {
	case "length":
		return &function{least: 1, most: 1, collection: true, run: length}
	case "tolower":
		return &function{least: 1, most: 1, run: change(strings.ToLower)}
	case "toupper":
		return &function{least: 1, most: 1, run: change(strings.ToUpper)}
	case "trim":
		return &function{least: 1, most: 1, run: change(strings.TrimSpace)}
	case "contains":
		return &function{least: 2, most: 2, run: ask(strings.Contains)}
	case "startswith":
		return &function{least: 2, most: 2, run: ask(strings.HasPrefix)}
	case "endswith":
		return &function{least: 2, most: 2, run: ask(strings.HasSuffix)}
	case "indexof":
		return &function{least: 2, most: 2, run: indexOf}
	case "concat":
		return &function{least: 2, most: 2, run: concat}
	case "substring":
		return &function{least: 2, most: 3, numbers: true, run: substring}
	}
	return nil
}

func length(args [maxArgs]value) value {
	switch v := args[0]; {
	case v.null():
		return value{}
	case v.kind == kindCollection:
		return integer(len(v.set))
	default:
		return integer(units(v.text))
	}
}

// change returns a function that replaces a string by another.
func change(f func(string) string) func([maxArgs]value) value {
	return func(args [maxArgs]value) value {
		if args[0].null() {
			return value{}
		}
		return text(f(args[0].text))
	}
}

// ask returns a function of two strings that returns false for a null.
func ask(f func(s, part string) bool) func([maxArgs]value) value {
	return func(args [maxArgs]value) value {
		return boolean(!args[0].null() && !args[1].null() && f(args[0].text, args[1].text))
	}
}

func indexOf(args [maxArgs]value) value {
	s, part := args[0], args[1]
	if s.null() || part.null() {
		return integer(-1)
	}
	i := strings.Index(s.text, part.text)
	if i < 0 {
		return integer(-1)
	}
	return integer(units(s.text[:i]))
}

// concat treats a null as an empty string; two nulls make a null.
func concat(args [maxArgs]value) value {
	switch a, b := args[0], args[1]; {
	case a.null() && b.null():
		return value{}
	case a.null():
		return text(b.text)
	case b.null():
		return text(a.text)
	default:
		return text(a.text + b.text)
	}
}

// substring counts in UTF-16 units; a part that is not wholly inside is null.
func substring(args [maxArgs]value) value {
	s, start := args[0], args[1].number
	if s.null() || start < 0 {
		return value{}
	}
	size := units(s.text) - start
	if args[2].kind == kindInt {
		if args[2].number < 0 || args[2].number > size {
			return value{}
		}
		size = args[2].number
	}
	if size < 0 {
		return value{}
	}
	from, ok1 := offset(s.text, start)
	to, ok2 := offset(s.text[from:], size)
	if !ok1 || !ok2 {
		all := utf16.Encode([]rune(s.text)) // a character is cut in two
		return text(string(utf16.Decode(all[start : start+size])))
	}
	return text(s.text[from : from+to])
}

// call is a function with its arguments.
type call struct {
	name string
	f    *function
	args []node
}

func (n *call) eval(s *Subject, p *problem) value {
	if len(n.args) < n.f.least || len(n.args) > n.f.most {
		return p.report(n, "Invalid token '"+printed(n)+"'.")
	}
	var args [maxArgs]value
	wrong := false
	for i, a := range n.args {
		args[i] = n.checked(i, a.eval(s, p), p)
		wrong = wrong || args[i].wrong()
	}
	if wrong {
		return broken
	}
	return n.f.run(args)
}

// checked returns argument i, when its type is right.
func (n *call) checked(i int, v value, p *problem) value {
	want := kindString
	if n.f.numbers && i > 0 {
		want = kindInt
	}
	switch {
	case v.wrong(), v.kind == want, want == kindString && v.kind == kindNull, n.f.collection && v.kind == kindCollection:
		return v
	}
	return p.mismatch(n, v.kind, want)
}

func (n *call) print(b *strings.Builder) {
	b.WriteString(n.name)
	printList(b, n.args)
}

func (*call) binding() binding { return bindPrimary }
