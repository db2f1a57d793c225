package output_test

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"go.yaml.in/yaml/v3"

	"wps/output"
)

func TestYAML(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"# nothing\n\n", nil},
		{"message: a\ndataType: text\n", []string{"1 a"}},
		{"message: a\ndataType: text", []string{"1 a"}},
		{"---\nmessage: a\ndataType: text\n---\nmessage: b\ndataType: text\n", []string{"2 a", "5 b"}},
		{"%YAML 1.1\n# head\n---\nmessage: a\ndataType: text\n...\n---\nmessage: b\ndataType: text\n", []string{"4 a", "8 b"}},
		{"- message: a\n  dataType: text\n- {message: b, dataType: text}\n", []string{"1 a", "3 b"}},
		{"--- {message: a, dataType: text}\n--- \nmessage: b\ndataType: text\n", []string{"1 a", "3 b"}},
		{"message: |\n  one\n  two\ndataType: text\n", []string{"1 one\ntwo\n"}},
		{"message: 12\ndataType: json\n---\nmessage: 0x10\ndataType: json\n---\nmessage: 2026-01-02\ndataType: text\n", []string{"1 12", "4 16", "7 2026-01-02"}},
		{"message: !!binary |\n  aGV5\n  aGV5\ndataType: binary\n", []string{"1 heyhey"}},
		{"message: &x {a: [1, true, null, 1.5e3, \"1\"]}\ndataType: json\n", []string{`1 {"a":[1,true,null,1.5e3,"1"]}`}},
		{"{message: a, dataType: text}\n---\nmessage: [\n---\n{message: b, dataType: text}\n", []string{
			"1 a", "2! not YAML: did not find expected node content (line 3)", "5 b"}},
		{"{message: a, dataType: text}\n---\nnonsense\n", []string{"1 a", "3! not a JSON object"}},
		{"message: .inf\ndataType: json\n", []string{"1! .inf cannot be written as JSON"}},
		{"? [a]\n: b\n", []string{"1! the name of a member must be text"}},
		{"<<: {message: a}\n", []string{"1! the merge key << is not supported: write the members out"}},
		{"message: &a [*a]\ndataType: json\n", []string{"1! the object is nested more than 100 deep"}},
	}
	for _, tt := range tests {
		for name, in := range map[string]io.Reader{
			"": strings.NewReader(tt.in), " byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)),
		} {
			if got := readSource(output.NewYAML(in)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("reading %q%s = %q, want %q", tt.in, name, got, tt.want)
			}
		}
	}
}

// TestYAMLTrailing checks that whatever follows a document without a mark between
// them is refused with its line, and that the document is not run either.
func TestYAMLTrailing(t *testing.T) {
	t.Parallel()
	const (
		a, b      = "{message: a, dataType: text}", "{message: b, dataType: text}"
		trailing  = "something follows the document: put --- between documents"
		lineFeed  = "a document begins here, and the line before does not end with a line feed"
		directive = "a directive follows the document: put ... on a line between them"
	)
	tests := []struct {
		in   string
		want []string
	}{
		// JSON lines and other flow forms.
		{msg("a") + "\n" + msg("b") + "\n", []string{"2! " + trailing}},
		{strings.Repeat(msg("a")+"\n", 1000), []string{"2! " + trailing}},
		{strings.Repeat(msg("a")+"\r\n", 3), []string{"2! " + trailing}},
		{"\ufeff" + msg("a") + "\n" + msg("b"), []string{"2! " + trailing}},
		{a + "\n" + b + "\n", []string{"2! " + trailing}},
		{a + " " + b + "\n", []string{"1! " + trailing}},
		{a + b, []string{"1! " + trailing}},
		{a + "\ngarbage\n", []string{"2! " + trailing}},
		{a + "\n  garbage\n", []string{"2! " + trailing}},
		{a + "\n\n# c\n\n" + b, []string{"5! " + trailing}},
		{a + "# c\n" + b, []string{"2! " + trailing}},
		{a + ",\n" + b, []string{"1! " + trailing}},
		{a + "}", []string{"1! " + trailing}},
		{a + "]", []string{"1! " + trailing}},
		{a + "\n- " + b, []string{"2! " + trailing}},
		{a + "\n: " + b, []string{"2! " + trailing}},
		{a + "\nmessage: b\n", []string{"2! " + trailing}},
		{a + "\n&x " + b, []string{"2! " + trailing}},
		{a + "\n*x\n", []string{"2! " + trailing}},
		{a + "\n!x " + b, []string{"2! " + trailing}},
		{a + "\n'b'", []string{"2! " + trailing}},
		{a + "\n'b", []string{"1! not YAML: found unexpected end of stream (line 2)"}},
		{a + "\n\t" + b, []string{"1! not YAML: found character that cannot start any token (line 2)"}},
		{a + "\t" + b, []string{"1! " + trailing}},
		{a + "\n{message", []string{"2! " + trailing}},
		{"[" + a + "] [" + b + "]", []string{"1! " + trailing}},
		{"[" + a + "]\n[" + b + "]", []string{"2! " + trailing}},
		{"[" + a + "]\n  - " + b, []string{"2! " + trailing}},
		{"- " + a + "\n" + b, []string{"1! not YAML: could not find expected ':' (line 2)"}},
		{"message: a\n" + b + "\n", []string{"1! not YAML: could not find expected ':' (line 2)"}},
		{"message: 'a' b\n", []string{"1! not YAML: did not find expected key"}},
		// Scalars.
		{"'a' garbage\n", []string{"1! " + trailing}},
		{"\"a\"\n" + b, []string{"2! " + trailing}},
		{"--- |\n text\nmore\n", []string{"3! " + trailing}},
		{"--- |\n text\n" + b, []string{"3! " + trailing}},
		{"a\n" + b, []string{"1! not YAML: mapping values are not allowed in this context (line 2)"}},
		{"~\n", []string{"1! not a JSON object"}},
		{"null\n---\n" + b, []string{"1! not a JSON object", "3 b"}},
		// Marks.
		{"--- " + a + "\n" + b, []string{"2! " + trailing}},
		{"---\n" + a + "\n--- " + b + "\n" + b + "\n---\n" + b, []string{"2 a", "4! " + trailing, "6 b"}},
		{a + "\n...\n" + b, []string{"1 a", "3 b"}},
		{a + "\n... # end\n" + b, []string{"1 a", "3 b"}},
		{a + "\n... " + b, []string{"2! " + trailing}},
		{a + "\n... " + b + "\n---\n" + b, []string{"2! " + trailing, "4 b"}},
		{"... " + b, []string{"1! not YAML: did not find expected node content"}},
		{"...\n# c\n... # d\n" + b, []string{"4 b"}},
		{a + "\n---" + b, []string{"2! " + trailing}},
		// Directives.
		{"%YAML 1.1\n---\n" + a + "\n" + b, []string{"4! " + trailing}},
		{"%YAML 1.1\n" + a, []string{"1! not YAML: --- must follow the directives (line 1)"}},
		{a + "\n\n%YAML 1.1\n# c\n---\n" + b, []string{"3! " + directive, "6 b"}},
		{a + "\n" + b + "\n%YAML 1.1\n---\n" + b, []string{"2! " + trailing, "5 b"}},
		{a + "\n...\n%YAML 1.1\n---\n" + b, []string{"1 a", "5 b"}},
		// Comments and line breaks.
		{a + "\n# c\n\n  # d\n", []string{"1 a"}},
		{a + " # c\r\n---\r\n" + b + "\r\n", []string{"1 a", "3 b"}},
		{a + "\r" + b + "\r", []string{"2! " + trailing}},
		{a + "\r---\r" + b, []string{"2! " + lineFeed}},
		{a + "\u2028---\u2028" + b, []string{"2! " + lineFeed}},
		{a + "\x00" + b, []string{"1! not YAML: control characters are not allowed"}},
		// Byte order marks, as in a stream made of several files.
		{"\ufeff# c\n%YAML 1.1\n---\n" + a, []string{"4 a"}},
		{"\ufeff%YAML 1.1\n---\n" + a + "\n\ufeff---\n" + b, []string{"3 a", "5 b"}},
		{a + "\n...\n\ufeff" + b, []string{"1 a", "3 b"}},
		{a + "\n\ufeff" + b, []string{"2! " + trailing}},
		{"\xff\xfe{\x00", []string{"1! this is UTF-16 text: write it as UTF-8"}},
	}
	for _, tt := range tests {
		for name, in := range map[string]io.Reader{
			"": strings.NewReader(tt.in), " byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)),
		} {
			if got := readSource(output.NewYAML(in)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("reading %.200q%s = %.300q, want %.300q", tt.in, name, got, tt.want)
			}
		}
	}
}

// TestYAMLTrailingError checks that callers can tell trailing content from other
// faults.
func TestYAMLTrailingError(t *testing.T) {
	t.Parallel()
	raw, line, err := output.NewYAML(strings.NewReader("{}\n{}")).Read()
	fault, _ := errors.AsType[*output.LineError](err)
	if raw != nil || line != 2 || fault == nil || fault.Line != 2 || fault.Ends || !errors.Is(err, output.ErrTrailingContent) {
		t.Errorf("Read = %q, %d, %#v, want ErrTrailingContent on line 2", raw, line, err)
	}
}

// TestYAMLBounds checks that neither size nor aliases take unlimited memory.
func TestYAMLBounds(t *testing.T) {
	t.Parallel()
	big := "message: " + strings.Repeat("x", output.MaxObjectSize) + "\n"
	const a, b, fault = "{message: a, dataType: text}\n", "{message: b, dataType: text}\n", "! the document is larger than 8388608 bytes"
	for in, want := range map[string][]string{
		a + "---\n" + big:                               {"1 a", "2" + fault},
		a + "---\n" + big + "---\n" + b:                 {"1 a", "2" + fault, "5 b"},
		big + "...\n" + b:                               {"1" + fault, "3 b"},
		big + "more: 1\n\n--- " + b:                     {"1" + fault, "4 b"},
		strings.Repeat("- "+a, 300_000) + "---\n" + b:   {"1" + fault, "300002 b"},
		strings.Repeat(" ", output.MaxObjectSize-9) + a: {"1" + fault},
	} {
		if got := readSource(output.NewYAML(strings.NewReader(in))); !reflect.DeepEqual(got, want) {
			t.Errorf("a document that is too large in %d bytes: %q, want %q", len(in), got, want)
		}
	}
	var bomb strings.Builder
	bomb.WriteString("message:\n  - &a0 [" + strings.Repeat("xxxxxxxxxx,", 10) + "x]\n")
	for i := 1; i < 10; i++ {
		prev := string(rune('0' + i - 1))
		bomb.WriteString("  - &a" + string(rune('0'+i)) + " [" + strings.Repeat("*a"+prev+",", 10) + "*a" + prev + "]\n")
	}
	if got, want := readSource(output.NewYAML(strings.NewReader(bomb.String()))),
		[]string{"1! the object is larger than 8388608 bytes"}; !reflect.DeepEqual(got, want) {
		t.Errorf("aliases of aliases: %q, want %q", got, want)
	}
}

// FuzzYAML checks that what is read is JSON, that every stream ends and lines
// never go back, and that nothing is lost: a stream without a fault has as many
// objects as the library finds in it.
func FuzzYAML(f *testing.F) {
	f.Add("---\nmessage: a\ndataType: text\n...\n---\n- {type: GroupEvent}\n")
	f.Add("message: &a [*a]\n---\n<<: {a: 1}\n? [x]\n: !!binary aGV5\n")
	f.Add("%YAML 1.1\n--- |\n text\n")
	f.Add("{message: a}\n{message: b}\n")
	f.Add("[{message: a}] # c\n... # d\n\ufeff--- {message: b}\r---\r{}")
	f.Fuzz(func(t *testing.T, in string) {
		y := output.NewYAML(strings.NewReader(in))
		last, objects, faults := 0, 0, 0
		for range len(in) + 3 {
			raw, line, err := y.Read()
			if errors.Is(err, io.EOF) {
				if want, ok := countYAML(in); ok && faults == 0 && objects != want {
					t.Errorf("%d objects are read without a fault, want %d", objects, want)
				}
				return
			}
			if err != nil {
				faults++
			} else if objects++; !json.Valid(raw) {
				t.Errorf("%q is not JSON", raw)
			}
			if line < last {
				t.Errorf("line %d after line %d", line, last)
			}
			last = line
		}
		t.Error("the stream does not end")
	})
}

// countYAML counts the values of a stream that are no lists, and those in lists;
// ok is false for a stream that the library does not read to its end, and for one
// with a byte order mark before a later document, which it does not know.
func countYAML(in string) (n int, ok bool) {
	if strings.Contains(in, "\n\ufeff") {
		return 0, false
	}
	dec := yaml.NewDecoder(strings.NewReader(in))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if err != nil {
			return n, errors.Is(err, io.EOF)
		}
		switch top := doc.Content[0]; {
		case top.Kind == yaml.SequenceNode:
			n += len(top.Content)
		case top.Tag != "!!null" || top.Value != "":
			n++
		}
	}
}
