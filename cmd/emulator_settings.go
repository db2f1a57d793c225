package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"wps/emulator"
	"wps/protocol"
	"wps/token"
)

// maxSettings is the largest settings file that is read, in bytes.
const maxSettings = 1 << 20

// emulatorSettings is what a settings file says.
type emulatorSettings struct {
	handlers  []hubHandler
	anonymous []string // hubs
	key       string
	entra     bool
	urls      string // of the vendor's emulator: where it listens
}

// readEmulatorSettings reads a file in one of two forms: ours, which is YAML (or
// JSON) with the names of the service's own hub settings, and appsettings.json
// of the vendor's emulator, which has the same below WebPubSub. Names are
// compared without regard to case. An error is a usage error with the line.
func readEmulatorSettings(path string) (emulatorSettings, error) {
	f, err := os.Open(path)
	if err != nil {
		return emulatorSettings{}, &usageError{fmt.Sprintf("read the settings: %v", err), "--settings needs a file that can be read"}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	switch {
	case err != nil:
		return emulatorSettings{}, &usageError{fmt.Sprintf("read the settings: %v", err), "--settings needs a file that can be read"}
	case len(text) > maxSettings:
		return emulatorSettings{}, &usageError{fmt.Sprintf("%s: larger than %d bytes", path, maxSettings), "is it the right file?"}
	}
	return parseEmulatorSettings(path, text)
}

func parseEmulatorSettings(path string, text []byte) (emulatorSettings, error) {
	r := &settingsReader{file: path}
	root, err := r.parse(text)
	if err != nil {
		return r.s, err
	}
	return r.s, r.root(root)
}

// settingsReader walks the nodes of a settings file.
type settingsReader struct {
	file   string
	vendor bool // the vendor's form: what is not subscribed to is not sent
	s      emulatorSettings
}

func (r *settingsReader) fail(n *yaml.Node, hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...)), hint}
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: line (\d+): (.*)`) })

func (r *settingsReader) parse(text []byte) (*yaml.Node, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if jsonBegin().Match(text) {
		text = withoutComments(text)
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return nil, &usageError{r.file + ": is empty", settingsHint}
	case err != nil:
		return nil, r.syntax(err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, r.syntax(err)
		}
		return nil, r.fail(&more, "one file holds one document", "a second document begins")
	}
	return doc.Content[0], nil
}

const settingsHint = `"wps emulator --help" shows a settings file`

func (r *settingsReader) syntax(err error) error {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	hint := settingsHint
	if strings.Contains(text, "alphabetic or numeric character") {
		hint = `a star must be quoted: "*"`
	}
	return &usageError{fmt.Sprintf("%s:%d: %s", r.file, line, text), hint}
}

// jsonBegin is how JSON begins, and YAML with bare URLs in it does not.
var jsonBegin = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*(?://.*\n\s*|/\*[\s\S]*?\*/\s*)*\{\s*["/}]`) })

// withoutComments blanks // and /* */ comments, which JSON of .NET may hold.
func withoutComments(text []byte) []byte {
	out := bytes.Clone(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	for i := 0; i < len(out); i++ {
		end := -1
		switch {
		case out[i] == '"':
			for i++; i < len(out) && out[i] != '"'; i++ {
				if out[i] == '\\' {
					i++
				}
			}
		case bytes.HasPrefix(out[i:], []byte("//")):
			end = bytes.IndexByte(out[i:], '\n')
		case bytes.HasPrefix(out[i:], []byte("/*")):
			if end = bytes.Index(out[i+2:], []byte("*/")); end >= 0 {
				end += 4
			}
		default:
			continue
		}
		if i < len(out) && out[i] == '/' {
			if end < 0 {
				end = len(out) - i
			}
			blank(i, i+end)
			i += end - 1
		}
	}
	return out
}

// members gives the members of a mapping by their names in lower case, and
// refuses those that are not known.
func (r *settingsReader) members(n *yaml.Node, what string, known ...string) (map[string]*yaml.Node, error) {
	all, err := r.entries(n, what)
	if err != nil {
		return nil, err
	}
	m := map[string]*yaml.Node{}
	for _, e := range all {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, e.key.Value) }) {
			return nil, r.fail(e.key, what+" has "+strings.Join(known, ", "), "unknown member %q", e.key.Value)
		}
		m[strings.ToLower(e.key.Value)] = e.value
	}
	return m, nil
}

type settingsEntry struct{ key, value *yaml.Node }

// entries gives the members of a mapping in their order; null has none. The same
// name twice is refused.
func (r *settingsReader) entries(n *yaml.Node, what string) (all []settingsEntry, err error) {
	if isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, r.fail(n, settingsHint, "%s must be a mapping of names to values", what)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], target(n.Content[i+1])
		name := strings.ToLower(key.Value)
		if key.Kind != yaml.ScalarNode || seen[name] {
			return nil, r.fail(key, "names differ by more than their case", "%q comes twice in %s", key.Value, what)
		}
		seen[name] = true
		all = append(all, settingsEntry{key, value})
	}
	return all, nil
}

// target follows an alias.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// root reads the whole file. What else an appsettings.json holds belongs to
// others.
func (r *settingsReader) root(n *yaml.Node) error {
	all, err := r.entries(n, "the file")
	if err != nil {
		return err
	}
	for _, e := range all {
		if strings.EqualFold(e.key.Value, "WebPubSub") {
			r.vendor, n = true, e.value
		}
		if strings.EqualFold(e.key.Value, "Urls") {
			r.s.urls = e.value.Value
		}
	}
	what := "the file"
	if r.vendor {
		what = "WebPubSub"
	} else {
		r.s.urls = ""
	}
	m, err := r.members(n, what, "hubs", "accessKey", "allowUnvalidatedEntraTokens")
	if err != nil {
		return err
	}
	if r.s.key, err = r.text(m["accesskey"]); err != nil {
		return err
	}
	if r.s.key != "" {
		if err := token.CheckKey(r.s.key); err != nil {
			return r.fail(m["accesskey"], "leave it out for the public default key", "%v", err)
		}
	}
	if r.s.entra, err = r.yes(m["allowunvalidatedentratokens"]); err != nil {
		return err
	}
	hubs, err := r.entries(m["hubs"], "hubs")
	if err != nil {
		return err
	}
	for _, e := range hubs {
		if err := r.hub(e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

func (r *settingsReader) hub(key, n *yaml.Node) error {
	name := key.Value
	if err := protocol.CheckHub(name); err != nil && (name != emulator.AnyHub || r.vendor) {
		return r.fail(key, `"*" in quotes stands for every hub`, "%v", err)
	}
	m, err := r.members(n, "a hub", "eventHandlers", "eventListeners", "anonymousConnectPolicy")
	if err != nil {
		return err
	}
	if l := m["eventlisteners"]; !isNull(l) && len(l.Content) > 0 {
		return r.fail(l, "leave eventListeners out", "there is no Event Hub that an event listener could fill")
	}
	policy, err := r.text(m["anonymousconnectpolicy"])
	switch {
	case err != nil:
		return err
	case strings.EqualFold(policy, "allow"):
		r.s.anonymous = append(r.s.anonymous, name)
	case policy != "" && !strings.EqualFold(policy, "deny"):
		return r.fail(m["anonymousconnectpolicy"], "use allow or deny", "anonymousConnectPolicy %q is unknown", policy)
	}
	handlers, err := r.list(m["eventhandlers"], "eventHandlers")
	if err != nil {
		return err
	}
	for _, h := range handlers {
		if err := r.handler(name, target(h)); err != nil {
			return err
		}
	}
	return nil
}

func (r *settingsReader) handler(hub string, n *yaml.Node) error {
	if isNull(n) {
		return r.fail(n, settingsHint, "an event handler is missing")
	}
	m, err := r.members(n, "an event handler", "urlTemplate", "systemEvents", "userEventPattern", "eventPattern", "auth")
	if err != nil {
		return err
	}
	if a := m["auth"]; !isNull(a) {
		return r.fail(a, "leave auth out, or put a secret into the URL: ?code=...", "the emulator has no managed identity to sign in with")
	}
	var h emulator.EventHandler
	if h.URLTemplate, err = r.text(m["urltemplate"]); err != nil {
		return err
	}
	if h.SystemEvents, err = r.texts(m["systemevents"], "systemEvents"); err != nil {
		return err
	}
	pattern := m["usereventpattern"]
	if isNull(pattern) {
		pattern = m["eventpattern"]
	}
	names, err := r.texts(pattern, "userEventPattern")
	if err != nil {
		return err
	}
	h.EventPattern = strings.Join(names, ",")
	if !r.vendor && isNull(m["systemevents"]) && isNull(pattern) {
		h.SystemEvents, h.EventPattern = emulator.AllSystemEvents(), emulator.EveryEvent
	}
	if err := h.Check(); err != nil {
		return r.fail(n, settingsHint, "%v", err)
	}
	r.s.handlers = append(r.s.handlers, hubHandler{hub, h})
	return nil
}

// text reads a string; null and absent are "".
func (r *settingsReader) text(n *yaml.Node) (string, error) {
	if isNull(n) {
		return "", nil
	}
	if n.Kind != yaml.ScalarNode {
		return "", r.fail(n, settingsHint, "a text is needed here")
	}
	return n.Value, nil
}

func (r *settingsReader) yes(n *yaml.Node) (bool, error) {
	text, err := r.text(n)
	if err != nil || text == "" {
		return false, err
	}
	b, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return false, r.fail(n, "use true or false", "%q is neither true nor false", text)
	}
	return b, nil
}

func (r *settingsReader) list(n *yaml.Node, what string) ([]*yaml.Node, error) {
	if isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, r.fail(n, settingsHint, "%s must be a list", what)
	}
	return n.Content, nil
}

// texts reads a list of strings, or one string.
func (r *settingsReader) texts(n *yaml.Node, what string) ([]string, error) {
	if !isNull(n) && n.Kind == yaml.ScalarNode {
		return []string{n.Value}, nil
	}
	items, err := r.list(n, what)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, item := range items {
		s, err := r.text(target(item))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}
