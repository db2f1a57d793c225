package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"wps/cmd"
)

// schemaFolder has the published schemas, and an index of them.
const schemaFolder = "../docs/schemas/"

// errorSchema describes the error of every command.
const errorSchema = "error.schema.json"

// schemas are the published schemas by name: a file, perhaps with the path of a part.
type schemas struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	known    map[string]*jsonschema.Schema
}

func newSchemas() *schemas {
	s := &schemas{compiler: jsonschema.NewCompiler(), known: map[string]*jsonschema.Schema{}}
	s.compiler.AssertFormat()
	s.compiler.AssertContent()
	return s
}

// of returns a schema.
func (s *schemas) of(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[name] == nil {
		compiled, err := s.compiler.Compile(schemaFolder + name)
		if err != nil {
			t.Fatal(err)
		}
		s.known[name] = compiled
	}
	return s.known[name]
}

// check returns what is wrong with a JSON text by a schema.
func (s *schemas) check(t *testing.T, name, text string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return s.of(t, name).Validate(v)
}

// match returns the first of several schemas by which a JSON text is valid, or what is
// wrong with it by each.
func (s *schemas) match(t *testing.T, names []string, text string) (name string, err error) {
	t.Helper()
	var wrong []error
	for _, name := range names {
		err := s.check(t, name, text)
		if err == nil {
			return name, nil
		}
		wrong = append(wrong, fmt.Errorf("by %s: %w", name, err))
	}
	return "", errors.Join(wrong...)
}

var (
	schemaRow  = regexp.MustCompile("(?m)^\\| (.+?) \\|(?: .*? \\|)? (`[a-z-]+\\.schema\\.json.*`) \\|$")
	schemaName = regexp.MustCompile("`([a-z-]+\\.schema\\.json[^`]*)`")
)

// schemaIndex returns the schemas that a chapter of the index names, by the first
// column.
func schemaIndex(t *testing.T, chapter string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(schemaFolder + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(text), "\n## "+chapter+"\n")
	if !found {
		t.Fatalf("the index has no chapter %s", chapter)
	}
	part, _, _ = strings.Cut(part, "\n## ")
	index := map[string][]string{}
	for _, row := range schemaRow.FindAllStringSubmatch(part, -1) {
		key := strings.Trim(row[1], "`")
		if index[key] != nil {
			t.Errorf("the index has two rows of %s", key)
		}
		for _, name := range schemaName.FindAllStringSubmatch(row[2], -1) {
			index[key] = append(index[key], name[1])
		}
	}
	return index
}

// schemasOfCommand returns the schemas of what a command prints, its error included.
func schemasOfCommand(index map[string][]string, command string) []string {
	return append(slices.Clone(index[command]), errorSchema)
}

// TestSchemaOfEveryCommand checks that the index has the schemas of every command that
// prints results, and of no other.
func TestSchemaOfEveryCommand(t *testing.T) {
	t.Parallel()
	index := schemaIndex(t, "Output")
	for _, command := range cmd.PrintingCommands() {
		if len(index[command]) == 0 {
			t.Errorf("%sREADME.md has no schema of what %q prints: describe it, and print a sample in printedJSON", schemaFolder, command)
		}
		delete(index, command)
	}
	for command := range index {
		t.Errorf("the index has the schemas of %q, which is no command that prints results", command)
	}
}

// TestSchemaFiles checks the form of the published schemas: each names itself, is used,
// describes every member, and takes no members but these in what wps prints.
func TestSchemaFiles(t *testing.T) {
	t.Parallel()
	s := newSchemas()
	files, err := filepath.Glob(schemaFolder + "*.schema.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("files %q, %v", files, err)
	}
	index, err := os.ReadFile(schemaFolder + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, name := range schemaName.FindAllStringSubmatch(string(index), -1) {
		s.of(t, name[1])
		used[name[1]] = true
	}
	var parts []string
	for _, file := range files {
		c := schemaChecker{t: t, file: filepath.Base(file), used: used}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var root map[string]any
		if err := json.Unmarshal(text, &root); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		s.of(t, c.file)
		if root["$schema"] != "https://json-schema.org/draft/2020-12/schema" || root["$id"] != c.file || root["title"] == nil || root["description"] == nil {
			t.Errorf("%s lacks $schema, $id, title or description", c.file)
		}
		if !bytes.Contains(index, []byte("["+c.file+"]("+c.file+")")) {
			t.Errorf("the index has no row of %s", c.file)
		}
		c.closed = slices.Contains(printedFiles, c.file)
		c.check("", root)
		defs, _ := root["$defs"].(map[string]any)
		for name := range defs {
			parts = append(parts, c.file+"#/$defs/"+name)
		}
	}
	for _, part := range parts {
		if !used[part] {
			t.Errorf("nothing uses %s", part)
		}
	}
}

// printedFiles describe what wps prints.
var printedFiles = []string{
	"service.schema.json", "apply.schema.json", "connect.schema.json", "emulator.schema.json", "handler.schema.json",
	"bench.schema.json", "tools.schema.json", errorSchema, eventSchema, trafficSchema,
}

// schemaChecker checks one file.
type schemaChecker struct {
	t      *testing.T
	file   string
	closed bool            // objects have no other members
	used   map[string]bool // by $ref
}

// check checks a value at a path, and what is in it.
func (c *schemaChecker) check(path string, value any) {
	switch v := value.(type) {
	case []any:
		for i, one := range v {
			c.check(fmt.Sprintf("%s/%d", path, i), one)
		}
	case map[string]any:
		if target, ok := v["$ref"].(string); ok {
			if strings.HasPrefix(target, "#") {
				target = c.file + target
			}
			c.used[target] = true
		}
		if properties, ok := v["properties"].(map[string]any); ok && v["title"] != nil {
			c.object(path, v, properties)
		}
		for name, one := range v {
			c.check(path+"/"+name, one)
		}
	}
}

// object checks the schema of an object with a title.
func (c *schemaChecker) object(path string, v, properties map[string]any) {
	if c.closed && v["additionalProperties"] != false {
		c.t.Errorf("%s#%s takes members that it does not describe", c.file, path)
	}
	for name, property := range properties {
		p, isObject := property.(map[string]any)
		if isObject && p["description"] == nil && p["const"] == nil && p["$ref"] == nil {
			c.t.Errorf("%s#%s/properties/%s has no description", c.file, path, name)
		}
	}
	required, _ := v["required"].([]any)
	for _, name := range required {
		if text, _ := name.(string); properties[text] == nil {
			c.t.Errorf("%s#%s needs %v, which it does not describe", c.file, path, name)
		}
	}
}

// partOf returns a part of a file as JSON, by the name of a schema.
func partOf(t *testing.T, name string) map[string]any {
	t.Helper()
	file, path, _ := strings.Cut(name, "#/")
	text, err := os.ReadFile(schemaFolder + file)
	if err != nil {
		t.Fatal(err)
	}
	var part map[string]any
	if err := json.Unmarshal(text, &part); err != nil {
		t.Fatal(err)
	}
	for step := range strings.SplitSeq(path, "/") {
		if step != "" {
			part, _ = part[step].(map[string]any)
		}
	}
	if part == nil {
		t.Fatalf("there is no %s", name)
	}
	return part
}

// propertiesOf returns the names of the properties of a schema, sorted.
func propertiesOf(t *testing.T, name string) []string {
	t.Helper()
	properties, _ := partOf(t, name)["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}
