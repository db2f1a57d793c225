package output

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML reads a stream of YAML documents, each an event object or a list of them,
// with the members that JSON has. Memory holds one document, of at most
// MaxObjectSize bytes; a faulty one does not keep the next from being read. It
// is a [Source].
type YAML struct {
	in    *bufio.Reader
	line  int // of what was read last
	first int // line on which doc begins
	doc   bytes.Buffer
	items []*yaml.Node // of the document, not yet given
	base  int          // what is added to the lines of its nodes
	spent int          // bytes of JSON that the document has given
	// left tells that of a document that is too large something is still to be
	// passed over, inLine that its last line is read in part.
	left, inLine bool
	buf          bytes.Buffer
	ended        bool
}

// NewYAML reads events from in.
func NewYAML(in io.Reader) *YAML {
	return &YAML{in: bufio.NewReaderSize(in, 64<<10)}
}

// Decode implements [Source].
func (*YAML) Decode(raw []byte) (Event, error) { return Decode(raw) }

// Read implements [Source]; the bytes are the object as JSON.
func (y *YAML) Read() ([]byte, int, error) {
	for len(y.items) == 0 {
		if y.ended {
			return nil, y.line, io.EOF
		}
		if err := y.next(); err != nil {
			return nil, err.Line, err
		}
	}
	item := y.items[0]
	y.items = y.items[1:]
	line := y.base + item.Line
	y.buf.Reset()
	err := (&yamlWriter{out: &y.buf, room: maxYAMLDocument - y.spent}).value(resolve(item), 0)
	if y.spent += y.buf.Len(); err != nil {
		return nil, line, lineFault(line, err.Error())
	}
	return y.buf.Bytes(), line, nil
}

// next reads one document and takes it apart. A document may be empty.
func (y *YAML) next() *LineError {
	if err := y.document(); err != nil {
		y.ended = !y.left
		return &LineError{Line: y.first, Err: err, Ends: y.ended}
	}
	y.base, y.spent = y.first-1, 0
	top, fault := y.parse()
	switch {
	case fault != nil || top == nil:
		return fault
	case top.Kind == yaml.SequenceNode:
		y.items = top.Content
	case top.Kind == yaml.ScalarNode && top.Tag == "!!null" && top.Value == "":
	default:
		y.items = []*yaml.Node{top}
	}
	return nil
}

// ErrTrailingContent is what follows a YAML document without a mark between
// them, such as the second of two JSON objects.
var ErrTrailingContent = errors.New("something follows the document: put --- between documents")

// noDocumentStart is the library's error for content where it expects the end of
// the input or the mark "---".
const noDocumentStart = "did not find expected <document start>"

// parse returns the value of the document, nil for none. The parser stops after
// the first document of its input, so parse asks it for a second one: there must
// be none.
func (y *YAML) parse() (*yaml.Node, *LineError) {
	dec := yaml.NewDecoder(bytes.NewReader(y.doc.Bytes()))
	var root, more yaml.Node
	switch err := dec.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, y.fault(1, faultText(y.located(err)))
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, y.fault(more.Line, faultText("a document begins here, and the line before does not end with a line feed"))
	case strings.Contains(err.Error(), noDocumentStart):
		return nil, y.trailing(err)
	case !errors.Is(err, io.EOF):
		return nil, y.fault(1, faultText(y.located(err)))
	}
	return root.Content[0], nil
}

// trailing returns the error for content after the document. In this error the
// library counts lines from 0, and omits a 0.
func (y *YAML) trailing(err error) *LineError {
	line, _ := cutLine(err)
	if directive := y.directiveBefore(line); directive > 0 {
		return y.fault(directive, faultText("a directive follows the document: put ... on a line between them"))
	}
	return y.fault(line+1, ErrTrailingContent)
}

// directiveBefore returns the line of the document, at most last, that holds a
// directive and has only blank lines and comments after it; 0 for none.
func (y *YAML) directiveBefore(last int) int {
	lines := bytes.Split(y.doc.Bytes(), []byte("\n"))
	for n := min(last, len(lines)); n > 0; n-- {
		if text := bytes.TrimSpace(lines[n-1]); len(text) > 0 && text[0] == '%' {
			return n
		} else if len(text) > 0 && text[0] != '#' {
			return 0
		}
	}
	return 0
}

// fault returns err as the fault of a line of the document.
func (y *YAML) fault(line int, err error) *LineError {
	return &LineError{Line: y.base + line, Err: err}
}

// located returns the text of a syntax error of the library with the line of the
// stream in place of that of the document.
func (y *YAML) located(err error) string {
	line, text := cutLine(err)
	if text == noDocumentStart {
		text = "--- must follow the directives"
	}
	if line > 0 {
		text = fmt.Sprintf("%s (line %d)", text, y.base+line)
	}
	return "not YAML: " + text
}

// cutLine splits an error of the library into its line, 0 for none, and its text.
func cutLine(err error) (line int, text string) {
	text = strings.TrimPrefix(err.Error(), "yaml: ")
	if n, scanErr := fmt.Sscanf(text, "line %d: ", &line); n == 1 && scanErr == nil {
		text = text[strings.Index(text, ": ")+2:]
	}
	return line, text
}

// document reads one document: to the line "---" that begins the next one, or
// the line "..." that ends it. YAML allows neither inside a document, not even in
// text that runs over several lines.
func (y *YAML) document() error {
	y.doc.Reset()
	if err := y.pass(); err != nil {
		return y.cut(err)
	}
	y.first = y.line + 1
	if start, _ := y.in.Peek(2); y.first == 1 && isUTF16(start) {
		return errUTF16
	}
	preamble := true // blank lines, comments and directives, which "---" may follow
	for {
		mark := y.mark()
		if mark == "---" && !preamble {
			return nil
		}
		start := y.doc.Len()
		err := y.readLine()
		text := bytes.TrimSpace(y.doc.Bytes()[start:])
		blank := preamble
		preamble = preamble && mark == "" && (len(text) == 0 || text[0] == '#' || text[0] == '%')
		switch {
		case err != nil:
			return y.cut(err)
		case mark == "...":
			if tail := bytes.TrimSpace(text[len(mark):]); blank && (len(tail) == 0 || tail[0] == '#') {
				y.doc.Truncate(start) // there is no document that it could end
			}
			return nil // with the mark, so that the parser refuses what follows it on its line
		}
	}
}

// cut gives what the error of a read means: the end of the stream also ends a
// document.
func (y *YAML) cut(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		y.ended = true
		return nil
	case y.left:
		return err
	}
	return fmt.Errorf("read: %w", err)
}

// pass goes over what is left of a document that is too large. That is put off
// to the next read, so that the fault is told before all of it has come.
func (y *YAML) pass() error {
	for y.left && (y.inLine || y.mark() == "") {
		if !y.inLine {
			y.line++
		}
		_, err := y.in.ReadSlice('\n')
		if y.inLine = errors.Is(err, bufio.ErrBufferFull); err != nil && !y.inLine {
			y.left = false
			return err
		}
	}
	y.left = false
	return nil
}

// mark returns the mark at the start of the next line, "" for none. It skips a
// byte order mark there, as in a stream made of several files.
func (y *YAML) mark() string {
	b, _ := y.in.Peek(4)
	if !bytes.HasPrefix(b, []byte(byteOrderMark)) {
		return markOf(b)
	}
	b, _ = y.in.Peek(len(byteOrderMark) + 4)
	mark := markOf(b[len(byteOrderMark):])
	if mark != "" || y.doc.Len() == 0 {
		_, _ = y.in.Discard(len(byteOrderMark)) // it was peeked at
	}
	return mark
}

// markOf returns the mark at the start of a line of which b are the first bytes.
func markOf(b []byte) string {
	if len(b) < 3 || len(b) > 3 && !strings.ContainsRune(" \t\r\n", rune(b[3])) {
		return ""
	}
	if text := string(b[:3]); text == "---" || text == "..." {
		return text
	}
	return ""
}

// readLine adds the coming line to the document.
func (y *YAML) readLine() error {
	y.line++
	for {
		piece, err := y.in.ReadSlice('\n')
		y.doc.Write(piece)
		y.inLine = errors.Is(err, bufio.ErrBufferFull)
		if y.doc.Len() > MaxObjectSize {
			y.left = true
			return faultText(fmt.Sprintf("the document is larger than %d bytes", MaxObjectSize))
		}
		if !y.inLine {
			return err
		}
	}
}

// Bounds on what aliases may make of a small document.
const (
	maxYAMLDepth    = 100
	maxYAMLObject   = MaxObjectSize
	maxYAMLDocument = 2 * MaxObjectSize
)

var (
	errYAMLDepth = fmt.Errorf("the object is nested more than %d deep", maxYAMLDepth)
	errYAMLSize  = fmt.Errorf("the object is larger than %d bytes", maxYAMLObject)
	errYAMLWhole = fmt.Errorf("the document makes more than %d bytes of JSON: cut it in several", maxYAMLDocument)
)

// yamlWriter writes a YAML value as JSON.
type yamlWriter struct {
	out  *bytes.Buffer
	room int // left for the whole document
}

func (w *yamlWriter) value(n *yaml.Node, depth int) error {
	switch {
	case depth > maxYAMLDepth:
		return errYAMLDepth
	case w.out.Len() > w.room:
		return errYAMLWhole
	case w.out.Len() > maxYAMLObject:
		return errYAMLSize
	}
	switch n.Kind {
	case yaml.AliasNode:
		return w.value(n.Alias, depth+1)
	case yaml.MappingNode:
		return w.mapping(n, depth)
	case yaml.SequenceNode:
		w.out.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				w.out.WriteByte(',')
			}
			if err := w.value(item, depth+1); err != nil {
				return err
			}
		}
		w.out.WriteByte(']')
		return nil
	}
	return w.scalar(n)
}

// buffer writes bytes that are a member of the object as a serialised Buffer, so
// that they are bytes for every data type.
func (w *yamlWriter) buffer(n *yaml.Node) error {
	w.out.WriteString(`{"type":"Buffer","data":`)
	err := w.scalar(n)
	w.out.WriteByte('}')
	return err
}

// resolve returns the node that an alias stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (w *yamlWriter) mapping(n *yaml.Node, depth int) error {
	w.out.WriteByte('{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolve(n.Content[i])
		switch {
		case key.Kind != yaml.ScalarNode:
			return errors.New("the name of a member must be text")
		case key.Tag == "!!merge":
			return errors.New("the merge key << is not taken: write the members out")
		case i > 0:
			w.out.WriteByte(',')
		}
		w.text(key.Value)
		w.out.WriteByte(':')
		if value := resolve(n.Content[i+1]); depth == 0 && value.Tag == "!!binary" && value.Kind == yaml.ScalarNode {
			if err := w.buffer(value); err != nil {
				return err
			}
		} else if err := w.value(n.Content[i+1], depth+1); err != nil {
			return err
		}
	}
	w.out.WriteByte('}')
	return nil
}

// scalar writes numbers, booleans and null as such and all else as a string, as
// it is written: dates are no type of an event object, and !!binary is base64.
func (w *yamlWriter) scalar(n *yaml.Node) error {
	var v any
	switch n.Tag {
	case "!!null", "!!bool", "!!int", "!!float":
		if err := n.Decode(&v); err != nil {
			return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
		}
		if json.Valid([]byte(n.Value)) && n.Tag != "!!null" && n.Tag != "!!bool" {
			v = json.RawMessage(n.Value)
		}
	case "!!binary":
		v = strings.Join(strings.Fields(n.Value), "")
	default:
		w.text(n.Value)
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s is no value of JSON", n.Value)
	}
	w.out.Write(b)
	return nil
}

func (w *yamlWriter) text(s string) {
	b, err := marshal(s)
	if err != nil {
		panic(err) // a string is always JSON
	}
	w.out.Write(b)
}
