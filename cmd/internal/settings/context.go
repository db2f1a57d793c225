package settings

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"wps/internal/suggest"
)

// Context is a named set of settings, kept in a file of its own.
type Context struct {
	Name string
	File string

	ConnectionString        string
	ConnectionStringCommand string
	Endpoint                string
	Hub                     string
	Credential              string
	ClientID                string
	TenantID                string
	EnvFile                 string
	FunctionsSettings       string
	CAFile                  string
	Output                  string
	Roles                   []string
}

// member is a member of a context's file.
type member struct {
	name  string
	value func(*Context) *string
}

// members lists all but roles, in the order of the file.
func members() []member {
	return []member{
		{"endpoint", func(c *Context) *string { return &c.Endpoint }},
		{"connectionString", func(c *Context) *string { return &c.ConnectionString }},
		{"connectionStringCommand", func(c *Context) *string { return &c.ConnectionStringCommand }},
		{"hub", func(c *Context) *string { return &c.Hub }},
		{"credential", func(c *Context) *string { return &c.Credential }},
		{"clientId", func(c *Context) *string { return &c.ClientID }},
		{"tenantId", func(c *Context) *string { return &c.TenantID }},
		{"envFile", func(c *Context) *string { return &c.EnvFile }},
		{"functionsSettings", func(c *Context) *string { return &c.FunctionsSettings }},
		{"caFile", func(c *Context) *string { return &c.CAFile }},
		{"output", func(c *Context) *string { return &c.Output }},
	}
}

// CheckName returns an error unless s can be the name of a context.
func CheckName(s string) error {
	const signs = "._-"
	valid := s != "" && len(s) <= 64
	for i := range len(s) {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z' || s[i] >= '0' && s[i] <= '9'
		valid = valid && (letter || i > 0 && strings.IndexByte(signs, s[i]) >= 0)
	}
	if !valid {
		return &Error{Text: fmt.Sprintf("%q cannot be the name of a context", s), Hint: "a name has up to 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit"}
	}
	return nil
}

// Check returns an error unless the context names a service, and only one.
func (c *Context) Check() error {
	services := 0
	for _, s := range []string{c.ConnectionString, c.ConnectionStringCommand, c.Endpoint} {
		if s != "" {
			services++
		}
	}
	what := fmt.Sprintf("context %q", c.Name)
	switch {
	case services > 1:
		return &Error{File: c.File, Text: what + " has more than one of endpoint, connectionString and connectionStringCommand", Hint: "keep one of them: wps context edit " + c.Name}
	case services == 0 && c.EnvFile == "" && c.FunctionsSettings == "":
		return &Error{File: c.File, Text: what + " names no service", Hint: "add an endpoint, a connection string, or a file that has one: wps context edit " + c.Name}
	case c.Output != "" && !slices.Contains([]string{"text", "json"}, c.Output):
		return &Error{File: c.File, Text: fmt.Sprintf("%s: output %q is unknown", what, c.Output), Hint: "use text or json"}
	}
	return nil
}

// parse reads the text of a context's file into c.
func (c *Context) parse(text []byte) error {
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&doc); err != nil {
		return c.notYAML(err)
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return c.fail(root.Line, "is not a list of lines NAME: VALUE")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		if seen[name.Value] {
			return c.fail(name.Line, "%s is given twice", name.Value)
		}
		seen[name.Value] = true
		if err := c.set(name, value); err != nil {
			return err
		}
	}
	return nil
}

// set sets the member that a line of the file names.
func (c *Context) set(name, value *yaml.Node) error {
	if name.Value == "roles" {
		return c.setRoles(value)
	}
	all := members()
	i := slices.IndexFunc(all, func(m member) bool { return m.name == name.Value })
	if i < 0 {
		return c.unknown(name)
	}
	if value.Kind != yaml.ScalarNode || value.Tag == "!!null" || value.Value == "" {
		return c.fail(value.Line, "%s has no text after it", name.Value)
	}
	*all[i].value(c) = value.Value
	return nil
}

func (c *Context) setRoles(value *yaml.Node) error {
	if value.Kind != yaml.SequenceNode {
		return c.fail(value.Line, "roles is not a list: write each role on a line after \"- \"")
	}
	for _, role := range value.Content {
		if role.Kind != yaml.ScalarNode || role.Value == "" {
			return c.fail(role.Line, "a role is not text")
		}
		c.Roles = append(c.Roles, role.Value)
	}
	return nil
}

// unknown returns the error of a member that contexts do not have.
func (c *Context) unknown(name *yaml.Node) error {
	names := []string{"roles"}
	for _, m := range members() {
		names = append(names, m.name)
	}
	slices.Sort(names)
	hint := "the names are " + strings.Join(names, ", ")
	if near := suggest.Nearest(name.Value, slices.Values(names)); len(near) > 0 {
		hint = "did you mean " + near[0] + "?"
	}
	return &Error{File: c.File, Line: name.Line, Text: fmt.Sprintf("%q is unknown", name.Value), Hint: hint}
}

func (c *Context) fail(line int, format string, args ...any) error {
	return &Error{File: c.File, Line: line, Text: fmt.Sprintf(format, args...), Hint: "correct the file, as with wps context edit " + c.Name}
}

// parserErrors begin those errors of the YAML library whose lines it counts from 0.
var parserErrors = []string{"',' or", "key", "node content", "'-' indicator", "<document start>"}

// notYAML takes apart an error of the YAML library.
func (c *Context) notYAML(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if n, scanErr := fmt.Sscanf(text, "line %d:", &line); n == 1 && scanErr == nil {
		_, text, _ = strings.Cut(text, ": ")
		if slices.ContainsFunc(parserErrors, func(e string) bool { return strings.HasPrefix(text, "did not find expected "+e) }) {
			line++
		}
	}
	if text == "EOF" {
		return c.fail(0, "is empty")
	}
	return c.fail(line, "not YAML: %s", text)
}

// marshal returns the text of the context's file.
func (c *Context) marshal() ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	add := func(name string, value *yaml.Node) {
		root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value)
	}
	text := func(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }
	for _, m := range members() {
		if s := *m.value(c); s != "" {
			add(m.name, text(s))
		}
	}
	if len(c.Roles) > 0 {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, role := range c.Roles {
			list.Content = append(list.Content, text(role))
		}
		add("roles", list)
	}
	return yaml.Marshal(root)
}
