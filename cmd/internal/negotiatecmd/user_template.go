package negotiatecmd

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// userTemplate is a user id with the placeholders {query.NAME} and {headers.NAME}.
type userTemplate string

var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([^{}]*)\}`) })

// hasPlaceholder reports whether the template contains one that fill fills in.
func (t userTemplate) hasPlaceholder() bool {
	return strings.Contains(string(t), "{query.") || strings.Contains(string(t), "{headers.")
}

// check returns an error for a placeholder that fill does not know.
func (t userTemplate) check() error {
	for _, m := range placeholder().FindAllStringSubmatch(string(t), -1) {
		kind, name, _ := strings.Cut(m[1], ".")
		if kind != "query" && kind != "headers" || name == "" {
			return fmt.Errorf("unknown placeholder %s: use {query.NAME} or {headers.NAME}", m[0])
		}
	}
	if rest := placeholder().ReplaceAllString(string(t), ""); strings.ContainsAny(rest, "{}") {
		return fmt.Errorf("%q has a brace without its counterpart: use {query.NAME} or {headers.NAME}", string(t))
	}
	return nil
}

// fill returns the user id of a request. A missing or empty value is an error,
// because the id would be that of another user.
func (t userTemplate) fill(r *http.Request) (string, error) {
	var missing []string
	query := r.URL.Query()
	filled := placeholder().ReplaceAllStringFunc(string(t), func(m string) string {
		kind, name, _ := strings.Cut(m[1:len(m)-1], ".")
		value, what := query.Get(name), "query parameter "
		if kind == "headers" {
			value, what = r.Header.Get(name), "header "
		}
		if value == "" {
			missing = append(missing, what+name)
		}
		return value
	})
	if missing != nil {
		return "", fmt.Errorf("missing %s", strings.Join(missing, " and "))
	}
	return filled, nil
}
