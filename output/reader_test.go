package output_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"wps/output"
	"wps/protocol"
)

// msg is the line of a message event.
func msg(text string) string { return `{"message":"` + text + `","dataType":"text"}` }

// read returns the lines and the errors of a stream.
func read(in io.Reader) []string { return readSource(output.NewReader(in)) }

func readSource(r output.Source) []string {
	var got []string
	for range 100 {
		raw, line, err := r.Read()
		if bad, _ := errors.AsType[*output.LineError](err); bad != nil && bad.Line != line {
			return append(got, fmt.Sprintf("line %d with the fault of line %d", line, bad.Line))
		}
		var ev output.Event
		if err == nil {
			if ev, err = r.Decode(raw); err != nil {
				err = &output.LineError{Line: line, Err: err}
			}
		}
		switch bad, _ := errors.AsType[*output.LineError](err); {
		case errors.Is(err, io.EOF):
			return got
		case bad != nil:
			got = append(got, fmt.Sprintf("%d! %v", bad.Line, bad.Err))
		case err != nil:
			return append(got, err.Error())
		default:
			got = append(got, fmt.Sprintf("%d %s", line, textOf(ev)))
		}
	}
	return append(got, "no end")
}

// textOf returns the message of an event, or its JSON if it is no message.
func textOf(ev output.Event) string {
	if m, ok := ev.(*output.MessageEvent); ok {
		return string(m.Message)
	}
	b, err := ev.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestReader(t *testing.T) {
	t.Parallel()
	a, b := msg("a"), msg("b")
	tests := []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"\n \r\n\t", nil},
		{a, []string{"1 a"}},
		{"\ufeff" + a + "\r\n\r\n" + b + "\n", []string{"1 a", "3 b"}},
		{"\ufeff" + a + "\n\ufeff" + b + "\n\ufeff\n", []string{"1 a", "2 b"}},
		{"\ufeff[" + a + ",\n\ufeff" + b + "]", []string{"1 a", "2 b"}},
		{"\ufeef" + a + "\n" + b, []string{"1! not a JSON object", "2 b"}},
		{"\xef", []string{"1! not a JSON object"}},
		{a + b, []string{"1 a", "1 b"}},
		{"{\n  \"message\": \"a\",\n  \"dataType\": \"text\"\n}\n" + b, []string{"1 a", "5 b"}},
		{"[" + a + "," + b + "]", []string{"1 a", "1 b"}},
		{" [\n" + a + ",\n" + b + "\n]\n", []string{"2 a", "3 b"}},
		{"[]", nil},
		{"[" + a + ",]", []string{"1 a", "1! there is a comma before the end of the array"}},
		{"[" + a, []string{"1 a", "1! the array is not closed"}},
		{"[" + a + ",", []string{"1 a", "1! the array is not closed"}},
		{"[" + a + "]" + b, []string{"1 a", "1! there is more after the array"}},
		{"[" + a + "\n" + b + "]", []string{"1 a", "2! a comma is missing before this object"}},
		{"[1," + a + "]", []string{"1! not a JSON object"}},
		{"nonsense {}\n" + b, []string{"1! not a JSON object", "2 b"}},
		{a + "}\n" + b, []string{"1! there is more after the object", "2 b"}},
		{a + " " + b + "\n", []string{"1 a", "1 b"}},
		{`{"message":"a` + "\n" + b, []string{"1! the JSON object is cut off", "2 b"}},
		{`{"message":{"x":1}` + "\n" + b, []string{"1! the JSON object is cut off", "2 b"}},
		{`{"message":"a"`, []string{"1! the JSON object is cut off"}},
		{`{"message":"\"}","dataType":"text"}`, []string{`1 "}`}},
		{`{"message":"a` + "\xff" + `","dataType":"text"}` + "\n" + b, []string{"1! not UTF-8 text", "2 b"}},
		{`{"targetType":"Groups","targetId":"g` + "\xff" + `","message":"a","dataType":"text"}`, []string{"1! not UTF-8 text"}},
		{"\xff\xfe{\x00\"\x00", []string{"1! this is UTF-16 text: write it as UTF-8"}},
		{"\xfe\xff\x00{\x00\"", []string{"1! this is UTF-16 text: write it as UTF-8"}},
		{`{"message":"a","x":1}` + "\n" + b, []string{"1! x is not a member of an event object", "2 b"}},
	}
	for _, tt := range tests {
		if got := read(strings.NewReader(tt.in)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("reading %q = %q, want %q", tt.in, got, tt.want)
		}
		if got := read(iotest.OneByteReader(strings.NewReader(tt.in))); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("reading %q byte by byte = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestReaderReturnsFaultsAtOnce checks that a fault is returned when it is seen,
// however much of the line is still to arrive.
func TestReaderReturnsFaultsAtOnce(t *testing.T) {
	t.Parallel()
	endless := func(start string) io.Reader { return io.MultiReader(strings.NewReader(start), zeros{}) }
	for name, source := range map[string]output.Source{
		"no object":         output.NewReader(endless("nonsense")),
		"after an object":   output.NewReader(endless(msg("a"))),
		"a large object":    output.NewReader(endless(`{"message":"`)),
		"a large line":      output.NewLines(endless("hello"), output.MessageEvent{}),
		"a large document":  output.NewYAML(endless("message: a\n")),
		"a document's line": output.NewYAML(endless("")),
	} {
		if raw, line, err := source.Read(); err == nil || line != 1 {
			t.Errorf("%s: Read = %d bytes, line %d, %v; want a fault of line 1", name, len(raw), line, err)
		}
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}

func TestReaderLimits(t *testing.T) {
	t.Parallel()
	const fault = "! the object is larger than 8388608 bytes"
	large := msg(strings.Repeat("x", output.MaxObjectSize))
	for in, want := range map[string][]string{
		msg("a") + "\n" + large + "\n" + msg("b"):               {"1 a", "2" + fault, "3 b"},
		large + msg("a") + "\n" + large + " x\n" + msg("b"):     {"1" + fault, "1 a", "2" + fault, "2! not a JSON object", "3 b"},
		large[:len(large)-3] + "\n" + msg("b"):                  {"1" + fault, "2 b"},
		large[:len(large)-1] + "\n\n}\n" + msg("b"):             {"1" + fault, "4 b"},
		"[" + msg("a") + ",\n" + large + "\n," + msg("b") + "]": {"1 a", "2" + fault, "3 b"},
		"[" + large:          {"1" + fault, "1! the array is not closed"},
		large + "\n" + large: {"1" + fault, "2" + fault},
	} {
		if got := read(strings.NewReader(in)); !reflect.DeepEqual(got, want) {
			t.Errorf("an object that is too large in %d bytes: %q, want %q", len(in), got, want)
		}
	}
	got := read(io.MultiReader(strings.NewReader(msg("a")+"\n"), iotest.ErrReader(errRefused)))
	if want := []string{"1 a", "2! refused"}; !reflect.DeepEqual(got, want) {
		t.Errorf("a stream that breaks: %q, want %q", got, want)
	}
}

// FuzzReader checks that every stream ends and lines never go back, that the
// events are the same when they are written, one a line, and read again, and that
// nothing depends on how much of a line is read at a time.
func FuzzReader(f *testing.F) {
	f.Add([]byte(msg("a") + "\n" + msg("b")))
	f.Add([]byte("[" + msg("a") + ",\n{]"))
	f.Add([]byte("[\n" + msg("a") + ",\n" + msg("b") + "\n]\n"))
	f.Add([]byte("\xef\xbb\xbf{\n{}\n}"))
	f.Add([]byte(`{"message":"{\"}","dataType":"text"} x` + "\n" + msg("b") + msg("c")))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, piecewise := read(bytes.NewReader(b)), read(iotest.OneByteReader(bytes.NewReader(b)))
		if !slices.Equal(whole, piecewise) {
			t.Errorf("reading %q = %q, byte by byte %q", b, whole, piecewise)
		}
		events, stream := readAll(t, b), []byte(nil)
		for _, ev := range events {
			line, err := ev.MarshalJSON()
			if err != nil {
				t.Fatalf("MarshalJSON of %+v: %v", ev, err)
			}
			stream = append(append(stream, line...), '\n')
		}
		again := readAll(t, stream)
		if len(again) != len(events) {
			t.Fatalf("%q gave %d events, their lines %q give %d", b, len(events), stream, len(again))
		}
		for i, ev := range again {
			if got, want := callOf(t, ev), callOf(t, events[i]); got != want {
				t.Errorf("event %d of %q does %s, want %s", i, stream, got, want)
			}
		}
	})
}

// readAll reads a stream to its end, past what is wrong with it.
func readAll(t *testing.T, b []byte) (events []output.Event) {
	t.Helper()
	r := output.NewReader(bytes.NewReader(b))
	last := 0
	for range len(b) + 3 {
		ev, line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return events
		}
		if bad, _ := errors.AsType[*output.LineError](err); bad != nil {
			line = bad.Line
		} else if err != nil {
			t.Fatalf("Next = %v, which is no line error", err)
		} else {
			events = append(events, ev)
		}
		if line < last {
			t.Errorf("line %d after line %d", line, last)
		}
		last = line
	}
	t.Error("the stream does not end")
	return events
}

func TestLines(t *testing.T) {
	t.Parallel()
	form := output.MessageEvent{TargetType: output.TargetAll, DataType: protocol.DataTypeText}
	big := strings.Repeat("x", protocol.MaxMessageSize)
	tests := []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"a", []string{"1 a"}},
		{"a\r\n\nb\n", []string{"1 a", "2 ", "3 b"}},
		{"\ufeffa\n\ufeffb\n", []string{"1 a", "2 \ufeffb"}},
		{"\ufeff\r\n\ufeff", []string{"1 ", "2 \ufeff"}},
		{big + "\nb", []string{"1 " + big, "2 b"}},
		{big + "\r\nb", []string{"1 " + big, "2 b"}},
		{big + "x\nb", []string{"1! message is larger than 1048576 bytes, which is the most the service accepts", "2 b"}},
		{strings.Repeat(big, 3) + "\nb", []string{"1! message is larger than 1048576 bytes, which is the most the service accepts", "2 b"}},
		{"a\n\xff\nb", []string{"1 a", "2! message is not UTF-8 text: use dataType binary", "3 b"}},
	}
	for _, tt := range tests {
		if got := readSource(output.NewLines(strings.NewReader(tt.in), form)); !slices.Equal(got, tt.want) {
			t.Errorf("lines of %.50q = %.200q, want %.200q", tt.in, got, tt.want)
		}
	}
	if got, want := readSource(output.NewLines(strings.NewReader("\ufeffa"), output.MessageEvent{})), []string{"1 \ufeffa"}; !slices.Equal(got, want) {
		t.Errorf("binary lines = %q, want every byte, %q", got, want)
	}
}
