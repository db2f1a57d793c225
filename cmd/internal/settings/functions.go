package settings

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"
)

// FunctionsFile is the name of the settings file of a Functions project.
const FunctionsFile = "local.settings.json"

// maxBrackets limits how deep the JSON library descends.
const maxBrackets = 1000

// ReadFunctionsSettings reads the member Values of a Functions project's
// local.settings.json, which may have comments and trailing commas. A : in a name
// means the same as __.
func ReadFunctionsSettings(path string) (*Variables, error) {
	path, text, err := readFile(path, FunctionsFile)
	if err != nil {
		return nil, err
	}
	f := &functionsFile{path: path, text: text}
	if bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("[")) > maxBrackets {
		return nil, f.fail(-1, "has more than %d objects and lists", maxBrackets)
	}
	root, err := hujson.Parse(append(bytes.Clone(text), '\n'))
	if err != nil {
		return nil, f.notJSON(err)
	}
	return f.variables(&root)
}

type functionsFile struct {
	path string
	text []byte
}

// fail returns an error at an offset; a negative one means the whole file.
func (f *functionsFile) fail(offset int, format string, args ...any) error {
	line := 0
	if offset >= 0 {
		line = f.lineOf(offset)
	}
	return &Error{File: f.path, Line: line, Text: fmt.Sprintf(format, args...), Hint: "the form is {\"Values\": {\"WebPubSubConnectionString\": \"Endpoint=...\"}}"}
}

func (f *functionsFile) lineOf(offset int) int {
	return 1 + bytes.Count(f.text[:min(offset, len(f.text))], []byte("\n"))
}

// notJSON takes apart the library's error, which may quote a secret.
func (f *functionsFile) notJSON(err error) error {
	text := strings.TrimPrefix(err.Error(), "hujson: ")
	line := 0
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, rest, _ := strings.Cut(rest, ",")
		line, _ = strconv.Atoi(number)
		line = min(line, f.lineOf(len(f.text)))
		_, text, _ = strings.Cut(rest, ": ")
	}
	if strings.HasPrefix(text, "invalid literal") {
		text = "invalid literal"
	}
	return &Error{File: f.path, Line: line, Text: "not JSON: " + text, Hint: "names and texts are in double quotes"}
}

// variables returns the members of Values.
func (f *functionsFile) variables(root *hujson.Value) (*Variables, error) {
	object, ok := root.Value.(*hujson.Object)
	if !ok {
		return nil, f.fail(root.StartOffset, "is not a JSON object")
	}
	vars := &Variables{File: f.path, values: map[string]variable{}}
	for i := range object.Members {
		m := &object.Members[i]
		switch name := nameOf(m); {
		case strings.EqualFold(name, "IsEncrypted") && literal(&m.Value) == "true":
			return nil, &Error{File: f.path, Line: f.lineOf(m.Value.StartOffset), Text: "the values are encrypted", Hint: `decrypt them with "func settings decrypt"`}
		case strings.EqualFold(name, "Values"):
			if err := f.addValues(vars, &m.Value); err != nil {
				return nil, err
			}
		}
	}
	return vars, nil
}

func (f *functionsFile) addValues(vars *Variables, values *hujson.Value) error {
	object, ok := values.Value.(*hujson.Object)
	if !ok {
		return f.fail(values.StartOffset, "Values is not a JSON object")
	}
	for i := range object.Members {
		m := &object.Members[i]
		text, isLiteral := m.Value.Value.(hujson.Literal)
		if !isLiteral {
			return f.fail(m.Value.StartOffset, "%q is not text", nameOf(m))
		}
		value := string(text)
		if text.Kind() == '"' {
			value = text.String()
		}
		vars.values[strings.ReplaceAll(nameOf(m), ":", "__")] = variable{value, f.lineOf(m.Value.StartOffset)}
	}
	return nil
}

// nameOf returns the name of a member.
func nameOf(m *hujson.ObjectMember) string {
	name, _ := m.Name.Value.(hujson.Literal)
	return name.String()
}

// literal returns the text of a literal, "" for other values.
func literal(v *hujson.Value) string {
	text, _ := v.Value.(hujson.Literal)
	return string(text)
}
