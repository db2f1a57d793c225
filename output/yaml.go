package output

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML reads a stream of YAML documents, each an event object or a list of them,
// with the members that JSON has. Memory holds one document, of at most
// MaxObjectSize bytes; the stream continues after a faulty one. A YAML is a
// [Source] and not safe for concurrent use.
type YAML struct {
	in     *bufio.Reader
	line   int // number of the last line that was read
	first  int // number of the first line of doc
	doc    bytes.Buffer
	items  []*yaml.Node // of the document, not yet returned
	base   int          // added to the lines of its nodes
	spent  int          // bytes of JSON that the document has become
	skip   bool         // the rest of a document that is too large
	inLine bool         // a part of the current line was read
	buf    bytes.Buffer
	ended  bool
}

// NewYAML returns a YAML of in.
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

// next reads one document and sets items to the objects in it, which may be none.
func (y *YAML) next() *LineError {
	if err := y.document(); err != nil {
		y.ended = !y.skip
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
		if text := bytes.TrimSpace(lines[n-1]); !isComment(text) {
			if text[0] == '%' {
				return n
			}
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
	if err := y.skipDocument(); err != nil {
		return y.readError(err)
	}
	y.first = y.line + 1
	if start, _ := y.in.Peek(2); y.first == 1 && isUTF16(start) {
		return errUTF16
	}
	preamble := true // so far blank lines, comments and directives, which "---" may follow
	for {
		mark := y.mark()
		if mark == "---" && !preamble {
			return nil
		}
		start := y.doc.Len()
		err := y.readLine()
		text := bytes.TrimSpace(y.doc.Bytes()[start:])
		switch {
		case err != nil:
			return y.readError(err)
		case mark == "..." && preamble && isComment(text[len(mark):]):
			y.doc.Truncate(start) // there is no document that it could end
			return nil
		case mark == "...":
			return nil // with the mark, so that the parser refuses what follows it on its line
		}
		preamble = preamble && mark == "" && (isComment(text) || text[0] == '%')
	}
}

// isComment reports whether a part of a line is blank or a comment.
func isComment(b []byte) bool {
	b = bytes.TrimSpace(b)
	return len(b) == 0 || b[0] == '#'
}

// readError returns the error of a document whose read ended with err: none at the
// end of the stream, which also ends a document.
func (y *YAML) readError(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		y.ended = true
		return nil
	case y.skip:
		return err
	}
	return fmt.Errorf("read: %w", err)
}

// skipDocument skips the rest of a document that is too large. The next read does
// that, so that the fault is returned before all of it has arrived.
func (y *YAML) skipDocument() error {
	for y.skip && (y.inLine || y.mark() == "") {
		if !y.inLine {
			y.line++
		}
		_, err := y.in.ReadSlice('\n')
		if y.inLine = errors.Is(err, bufio.ErrBufferFull); err != nil && !y.inLine {
			y.skip = false
			return err
		}
	}
	y.skip = false
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

// readLine appends the next line to the document.
func (y *YAML) readLine() error {
	y.line++
	for {
		piece, err := y.in.ReadSlice('\n')
		y.doc.Write(piece)
		y.inLine = errors.Is(err, bufio.ErrBufferFull)
		if y.doc.Len() > MaxObjectSize {
			y.skip = true
			return faultText(fmt.Sprintf("the document is larger than %d bytes", MaxObjectSize))
		}
		if !y.inLine {
			return err
		}
	}
}
