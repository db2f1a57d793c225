package smallinput

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// fromJSON returns the value in a JSON object: the member with the preferred name,
// or the only one that looks like the value, at any depth.
func (k Kind) fromJSON(text string) (string, error) {
	var document any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return "", fmt.Errorf("JSON with the %s is expected, and this JSON is not valid", k.name)
	}
	found := map[string]string{}
	textMembers(document, "", found)
	value := ""
	var names []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if i := k.preference(name); i >= 0 {
			if best := k.preference(value); value == "" || i < best {
				value = name
			}
		} else if k.certain && k.fits(found[name]) {
			names = append(names, name)
		}
	}
	switch {
	case value != "":
		return k.Read(found[value])
	case len(names) == 1:
		return k.Read(found[names[0]])
	case len(names) > 1:
		return "", fmt.Errorf("the JSON has %d members with a %s: %s", len(names), k.name, strings.Join(names, ", "))
	}
	return "", fmt.Errorf("the JSON has no %s: it needs one of the members %s", k.name, strings.Join(k.members, ", "))
}

// preference is the place of a member's name among the expected ones, -1 for none.
func (k Kind) preference(path string) int {
	name := path[strings.LastIndexByte(path, '/')+1:]
	return slices.Index(k.members, strings.ToLower(name))
}

// textMembers collects the strings of a document by their path.
func textMembers(v any, path string, into map[string]string) {
	switch v := v.(type) {
	case string:
		into[path] = v
	case map[string]any:
		for name, member := range v {
			textMembers(member, strings.TrimPrefix(path+"/"+name, "/"), into)
		}
	}
}

// IsConnectionString reports whether text has a part of a connection
// string of the service at its beginning, and an Endpoint.
func IsConnectionString(text string) bool {
	lower := ";" + strings.ReplaceAll(strings.ToLower(text), " ", "")
	begins := false
	for _, part := range []string{"endpoint", "accesskey", "authtype", "port", "version"} {
		begins = begins || strings.HasPrefix(lower, ";"+part+"=")
	}
	return begins && strings.Contains(lower, ";endpoint=") && !strings.Contains(lower, ";sharedaccesskey=")
}

// placeholderForm matches a whole value that documentation has in place of a real
// one, or a variable that was not replaced by its value.
var placeholderForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\A(?:<[^<>]*>|\{+[\w .-]*\}+|\[[\w .-]*\]|\$\{?\w+\}?|\$\([^()]*\)|%\w+%|\.{3}|…|\*{3,}|(?i:your)[-_ ][\w .-]*|KEY|TOKEN)\z`)
})

// CheckPlaceholders refuses a connection string with a placeholder in it, such as
// one copied from documentation.
func CheckPlaceholders(text string) error {
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !strings.ContainsAny(value, "<>{}[]$%*…") && !strings.Contains(value, "...") && !strings.Contains(strings.ToLower(value), "your") && value != "KEY":
			continue // the usual, without a regular expression
		case strings.EqualFold(name, "AccessKey") && placeholderForm().MatchString(value):
			return fmt.Errorf("AccessKey is the placeholder %s", value)
		case strings.EqualFold(name, "Endpoint"):
			if m := placeholderInAddress().FindString(value); m != "" {
				return fmt.Errorf("the placeholder %s is in Endpoint", m)
			}
		}
	}
	return nil
}

// placeholderInAddress matches a placeholder in the address of a service.
var placeholderInAddress = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`<[^<>]*>|\$?\{[^{}]*\}|\$\([^()]*\)|\$\w+|%\w+%|\.{3}|…|\*{3,}|\byour[-_][\w-]+`)
})
