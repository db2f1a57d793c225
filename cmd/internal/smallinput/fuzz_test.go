package smallinput_test

import (
	"strings"
	"testing"

	"wps/cmd/internal/smallinput"
)

// FuzzSmallInput: a value is found whatever is around it, and whatever is read, the
// result is a part of the text, without blanks around it.
func FuzzSmallInput(f *testing.F) {
	for _, seed := range []string{
		"", plainString, plainKey, plainToken, "\ufeff\"" + plainString + "\"\r\n", `{"connectionString":"` + plainString + `"}`,
		"export A='" + plainKey + "'", `{"a":{"b":{"token":"a.b.c"}}}`, "\xff\xfea\x00", "<key>", "# c\nKEY=" + plainKey, "{", `"`, "“”",
		strings.Repeat(`{"a":`, 1000), `{"key":"{\"key\":\"x\"}"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for kind, value := range map[*smallinput.Kind]string{
			new(smallinput.ConnectionString()): plainString, new(smallinput.Key()): plainKey, new(smallinput.Token()): plainToken,
		} {
			got, err := kind.Read(text)
			if err == nil && (len(got) > len(text) || strings.TrimSpace(got) != got || strings.HasPrefix(got, "\ufeff")) {
				t.Errorf("Read(%q) = %q", text, got)
			}
			if err != nil && !strings.Contains(err.Error(), "placeholder") && strings.ContainsAny(err.Error(), "\r\n\x1b") && !strings.HasPrefix(strings.TrimSpace(text), "{") {
				t.Errorf("Read(%q): %q", text, err)
			}
			comment := "# " + strings.NewReplacer("\r", " ", "\n", " ").Replace(text) + "\n"
			if got, err := kind.Read("\ufeff" + comment + value + "\r\n"); !strings.ContainsRune(text, 0) && (err != nil || got != value) {
				t.Errorf("Read of %q after the comment %q = %q, %v", value, comment, got, err)
			}
		}
	})
}
