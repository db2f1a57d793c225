package output_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wps/output"
)

// TestDecodeBuffer checks that a serialised Buffer is its bytes for every data
// type, in every form of an event object.
func TestDecodeBuffer(t *testing.T) {
	t.Parallel()
	tests := []struct{ buffer, dataType, want string }{
		{`{"type":"Buffer","data":[104,105]}`, "", `binary "hi"`},
		{`{"type":"Buffer","data":[104,105]}`, "binary", `binary "hi"`},
		{`{"type":"Buffer","data":[104,105]}`, "text", `text "hi"`},
		{`{"type":"Buffer","data":[195,169]}`, "text", `text "é"`},
		{`{"type":"Buffer","data":[123,125]}`, "json", `json "{}"`},
		{`{"type":"Buffer","data":[34,104,34]}`, "json", `json "\"h\""`},
		{`{"type":"Buffer","data":[ 0 , 255,1 ]}`, "binary", `binary "\x00\xff\x01"`},
		{`{ "data" : [ ] , "type" : "Buffer" }`, "text", `text ""`},
		{`{"type":"Buffer","data":[]}`, "binary", `binary ""`},
		{`{"type":"Buffer","data":"aGk="}`, "binary", `binary "hi"`},
		{`{"type":"Buffer","data":"aGk="}`, "text", `text "hi"`},
		{`{"type":"Buffer","data":"e30="}`, "json", `json "{}"`},
		{`{"\u0074ype":"Buffer","data":[49]}`, "json", `json "1"`},
		// JSON that is no Buffer is sent as it is.
		{`{"type":"buffer","data":[1]}`, "json", `json "{\"type\":\"buffer\",\"data\":[1]}"`},
		{`{"Type":"Buffer","data":[1]}`, "json", `json "{\"Type\":\"Buffer\",\"data\":[1]}"`},
		{`{"kind":"Buffer","data":[1]}`, "json", `json "{\"kind\":\"Buffer\",\"data\":[1]}"`},
		{`[{"type":"Buffer","data":[1]}]`, "json", `json "[{\"type\":\"Buffer\",\"data\":[1]}]"`},
		{`{"a":{"type":"Buffer","data":[1]}}`, "json", `json "{\"a\":{\"type\":\"Buffer\",\"data\":[1]}}"`},
		{`"{\"type\":\"Buffer\",\"data\":[1]}"`, "json", `json "{\"type\":\"Buffer\",\"data\":[1]}"`},
	}
	for _, tt := range tests {
		for _, form := range []string{`{"message":%s%s}`, `{"actionName":"sendToAll","data":%s%s}`, `{"type":"MessageEvent","DATA":%s%s}`} {
			in := fmt.Sprintf(form, tt.buffer, dataType(tt.dataType))
			ev, err := output.Decode([]byte(in))
			if err != nil {
				t.Errorf("Decode(%s): %v", in, err)
				continue
			}
			if got, want := callOf(t, ev), "send the hub "+tt.want+` [] "" 0 map[]`; got != want {
				t.Errorf("Decode(%s) does %s, want %s", in, got, want)
			}
			checkRoundTrip(t, ev)
		}
	}
}

func dataType(name string) string {
	if name == "" {
		return ""
	}
	return `,"dataType":"` + name + `"`
}

// checkRoundTrip checks that the strict form of an event does the same.
func checkRoundTrip(t *testing.T, ev output.Event) {
	t.Helper()
	strict, err := ev.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := output.Decode(strict)
	if err != nil {
		t.Fatalf("Decode(%s): %v", strict, err)
	}
	if got, want := callOf(t, again), callOf(t, ev); got != want {
		t.Errorf("%s does %s, want %s", strict, got, want)
	}
}

// TestDecodeBufferFaults checks that what claims to be a Buffer and is none is
// never sent as JSON.
func TestDecodeBufferFaults(t *testing.T) {
	t.Parallel()
	const asString = ": write JSON of type Buffer as a string"
	tests := []struct{ buffer, want string }{
		{`{"type":"Buffer"}`, "is a Buffer without data"},
		{`{"type":"Buffer","data":null}`, "is a Buffer whose data is neither an array of bytes nor base64"},
		{`{"type":"Buffer","data":{"0":1}}`, "is a Buffer whose data is neither an array of bytes nor base64"},
		{`{"type":"Buffer","data":7}`, "is a Buffer whose data is neither an array of bytes nor base64"},
		{`{"type":"Buffer","data":"!"}`, "is a Buffer whose data is neither an array of bytes nor base64"},
		{`{"type":"Buffer","data":[256]}`, "is a Buffer whose data[0] is not a number from 0 to 255"},
		{`{"type":"Buffer","data":[1,-1]}`, "is a Buffer whose data[1] is not a number from 0 to 255"},
		{`{"type":"Buffer","data":[1.5]}`, "is a Buffer whose data[0] is not a number from 0 to 255"},
		{`{"type":"Buffer","data":[1e2]}`, "is a Buffer whose data[0] is not a number from 0 to 255"},
		{`{"type":"Buffer","data":["1"]}`, "is a Buffer whose data[0] is not a number from 0 to 255"},
		{`{"type":"Buffer","data":[[1,2]]}`, "is a Buffer whose data[0] is not a number from 0 to 255"},
		{`{"type":"Buffer","data":[null]}`, "is a Buffer whose data[0] is not a number from 0 to 255"},
		{`{"type":"Buffer","data":[1],"length":1}`, `is a Buffer with a member "length": it has type and data, each once`},
		{`{"type":"Buffer","data":[1],"data":[2]}`, `is a Buffer with a member "data": it has type and data, each once`},
		{`{"type":"x","type":"Buffer","data":[2]}`, `is a Buffer with a member "type": it has type and data, each once`},
	}
	for _, tt := range tests {
		for _, name := range []string{"", "binary", "text", "json"} {
			in := `{"actionName":"sendToAll","data":` + tt.buffer + dataType(name) + "}"
			want := "data " + tt.want
			if name == "json" {
				want += asString
			}
			if _, err := output.Decode([]byte(in)); err == nil || err.Error() != want {
				t.Errorf("Decode(%s) = %v, want %q", in, err, want)
			}
		}
	}
	// The bytes themselves must fit the data type.
	for in, want := range map[string]string{
		`{"message":{"type":"Buffer","data":[255]},"dataType":"text"}`:       "message is not UTF-8 text: use dataType binary",
		`{"message":{"type":"Buffer","data":[104,105]},"dataType":"json"}`:   "message is not JSON: invalid character 'h' looking for beginning of value",
		`{"message":{"type":"Buffer","data":[]},"dataType":"json"}`:          "message is not JSON: it ends too early",
		`{"message":{"type":"Buffer","data":[34,255,34]},"dataType":"json"}`: "message is JSON that is not UTF-8",
	} {
		if _, err := output.Decode([]byte(in)); err == nil || err.Error() != want {
			t.Errorf("Decode(%s) = %v, want %q", in, err, want)
		}
	}
}

// TestMarshalBuffer checks that JSON which looks like a Buffer stays JSON when it
// is written and read again.
func TestMarshalBuffer(t *testing.T) {
	t.Parallel()
	ev := &output.MessageEvent{Message: []byte(" {\"type\":\"Buffer\",\n\"data\":[1]} "), DataType: "json"}
	checkRoundTrip(t, ev)
}

// TestYAMLBuffer checks that bytes are bytes in YAML too.
func TestYAMLBuffer(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"message: {type: Buffer, data: [104, 0x69]}\ndataType: text\n":          "1 hi",
		"message:\n  type: Buffer\n  data:\n  - 123\n  - 125\ndataType: json\n": "1 {}",
		"message: !!binary aGk=\ndataType: text\n":                              "1 hi",
		"message: !!binary |\n  aG\n  k=\n":                                     "1 hi",
		"message: {a: !!binary aGk=}\ndataType: json\n":                         `1 {"a":"aGk="}`,
		"message: !!binary \"!\"\n":                                             "1! message is a Buffer whose data is neither an array of bytes nor base64",
		"message: {type: Buffer, data: [104.5]}\n":                              "1! message is a Buffer whose data[0] is not a number from 0 to 255",
		"userId: !!binary aGk=\nactionName: removeUserFromAllGroups\n":          "1! userId must be a string",
	} {
		if got := readSource(output.NewYAML(strings.NewReader(in))); len(got) != 1 || got[0] != want {
			t.Errorf("reading %q = %q, want %q", in, got, want)
		}
	}
	in := "- &e {message: &m !!binary aGk=, dataType: text}\n- {message: *m, dataType: text}\n- *e\n"
	if got, want := readSource(output.NewYAML(strings.NewReader(in))), []string{"1 hi", "2 hi", "3 hi"}; !slices.Equal(got, want) {
		t.Errorf("reading %q = %q, want %q", in, got, want)
	}
}
