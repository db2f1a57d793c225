// Package smallinput reads the short values that people paste and tools write, such as
// connection strings, keys and tokens, with whatever is around them.
package smallinput

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// Kind is a kind of short value that a person pastes or a tool writes: a
// connection string, a key, a token. Around the value may be what editors, shells
// and "az" add to it.
type Kind struct {
	name    string
	members []string                         // of JSON, the preferred first, in lower case
	fits    func(value string) bool          // whether a text looks like the value
	certain bool                             // what fits is the value
	named   func(variable, rest string) bool // whether "variable=rest" is an assignment
}

// ConnectionString is a connection string.
func ConnectionString() Kind {
	return Kind{
		name:    "connection string",
		members: []string{"connectionstring", "primaryconnectionstring", "wps_connection_string", "webpubsubconnectionstring", "secondaryconnectionstring"},
		fits:    IsConnectionString,
		certain: true,
		named:   func(_, rest string) bool { return IsConnectionString(Bare(rest)) },
	}
}

// Key is an access key. It has no form of its own, except that it is one word.
func Key() Kind {
	return Kind{
		name:    "access key",
		members: []string{"primarykey", "accesskey", "key", "wps_emulator_key", "secondarykey"},
		fits:    func(value string) bool { return value != "" && !strings.ContainsAny(value, " \t\r\n") },
		named: func(variable, rest string) bool {
			return strings.HasSuffix(strings.ToLower(variable), "key") && strings.Trim(rest, "= \t") != ""
		},
	}
}

// Token is an access token, or a URL that contains one.
func Token() Kind {
	return Kind{
		name:    "token",
		members: []string{"url", "token", "accesstoken", "access_token"},
		fits:    func(value string) bool { return strings.Count(value, ".") >= 2 },
		named:   func(variable, rest string) bool { return variable != "access_token" && rest != "" },
	}
}

// ClientURL is the URL of a client, with its token.
func ClientURL() Kind {
	isURL := func(value string) bool {
		scheme, rest, found := strings.Cut(value, "://")
		return found && rest != "" && !strings.ContainsAny(scheme, " \t\r\n{\"'=:")
	}
	return Kind{
		name:    "client URL",
		members: []string{"url"},
		fits:    isURL,
		certain: true,
		named:   func(_, rest string) bool { return isURL(Bare(rest)) },
	}
}

// Read returns the value in text, without a byte order mark, blanks, a pair of
// quotes, "NAME=" before it or JSON around it. The error never repeats the text.
func (k Kind) Read(text string) (string, error) {
	if err := notUTF16([]byte(text)); err != nil {
		return "", fmt.Errorf("the %s %v", k.name, err)
	}
	text = Bare(text)
	if k.certain && k.fits(text) {
		return text, nil
	}
	if !strings.HasPrefix(text, "{") || placeholderForm().MatchString(text) {
		text = k.line(text)
	}
	if strings.HasPrefix(text, "{") && !placeholderForm().MatchString(text) {
		return k.fromJSON(text)
	}
	if m := placeholderForm().FindString(text); m != "" {
		return "", fmt.Errorf("%s is a placeholder for the %s", m, k.name)
	}
	return text, nil
}

// ReadFile is Read of the content of a file.
func (k Kind) ReadFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the %s: %w", k.name, err)
	}
	value, err := k.Read(string(text))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return value, nil
}

// line returns the value of the only line that has one, such as in an .env file,
// or text itself when no single line has it.
func (k Kind) line(text string) string {
	var found []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if value := k.unassigned(line); k.fits(value) {
			found = append(found, value)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return k.unassigned(text)
}

// assignmentForm is NAME=VALUE as shells, PowerShell, .env files and YAML write it.
var assignmentForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)\A(?:export\s+|set\s+|\$env:)?["']?([A-Za-z_][A-Za-z0-9_.:-]*?)["']?\s*[=:]\s*(.*)\z`)
})

// unassigned returns the value of an assignment, or text if it is none.
func (k Kind) unassigned(text string) string {
	text = Bare(text)
	m := assignmentForm().FindStringSubmatch(text)
	if m == nil || strings.HasPrefix(m[2], "//") || !k.named(m[1], m[2]) {
		return text
	}
	return Bare(m[2])
}

// Bare returns text without a byte order mark, blanks around it and one pair of
// quotes.
func Bare(text string) string {
	text = strings.TrimFunc(text, isBlank)
	unended := strings.TrimRightFunc(text, func(r rune) bool { return r == ',' || r == ';' || isBlank(r) })
	for _, pair := range []string{`""`, `''`, "``", "“”", "‘’"} {
		quotes := []rune(pair)
		inner, opened := strings.CutPrefix(unended, string(quotes[0]))
		if inner, closed := strings.CutSuffix(inner, string(quotes[1])); opened && closed && !strings.Contains(inner, string(quotes[0])) {
			return strings.TrimFunc(inner, isBlank)
		}
	}
	return text
}

// isBlank reports whether r is white space, of which web pages have many kinds, or
// one of the characters without a width that they and editors add.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' }

// notUTF16 refuses text in an encoding with two or four bytes a character, as
// older PowerShell writes with ">".
func notUTF16(text []byte) error {
	marked := bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff})
	head := text[:min(len(text), 8)]
	if marked || len(head) > 1 && bytes.Count(head, []byte{0})*2 >= len(head)-1 {
		return fmt.Errorf("is in UTF-16, not in UTF-8: write it with \"Out-File -Encoding utf8\" or convert it with iconv")
	}
	return nil
}

// JSONMessage returns the message in text without a byte order mark, which
// editors write and JSON does not have.
func JSONMessage(text []byte) ([]byte, error) {
	if err := notUTF16(text); err != nil {
		return nil, fmt.Errorf("the message %v", err)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}
