package settings

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// lookup returns an environment that consists of env.
func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func TestDirOf(t *testing.T) {
	t.Parallel()
	home := map[string]string{"HOME": "/home/ana", "AppData": "/app"}
	with := func(name, value string) map[string]string {
		env := maps.Clone(home)
		env[name] = value
		return env
	}
	for _, tt := range []struct {
		system string
		env    map[string]string
		want   string
	}{
		{"linux", home, "/home/ana/.config/wps"},
		{"darwin", home, "/home/ana/Library/Application Support/wps"},
		{"windows", home, "/app/wps"},
		{"linux", with("XDG_CONFIG_HOME", "/xdg"), "/xdg/wps"},
		{"darwin", with("XDG_CONFIG_HOME", "/xdg"), "/xdg/wps"},
		{"linux", with("XDG_CONFIG_HOME", "relative"), "/home/ana/.config/wps"},
		{"linux", with("WPS_CONFIG_DIR", "/own"), "/own"},
		{"linux", nil, ""},
	} {
		if _, set := tt.env["XDG_CONFIG_HOME"]; set && runtime.GOOS == "windows" {
			continue // /xdg is not absolute there
		}
		if got := filepath.ToSlash(dirOf(lookup(tt.env), tt.system)); got != tt.want {
			t.Errorf("dirOf(%v, %s) = %q, want %q", tt.env, tt.system, got, tt.want)
		}
	}
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadEnvFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"A=b":                     "b",
		"A=b=c==":                 "b=c==",
		" export  A = b ":         "b",
		"A=b # comment":           "b",
		"A=b#c":                   "b#c",
		"A=":                      "",
		"A=# comment":             "",
		"\ufeffA=b\r\n":           "b",
		`A="b c"`:                 "b c",
		`A="b\nc\"\\\$\x"`:        "b\nc\"\\$\\x",
		`A='b\n"c' # d`:           `b\n"c`,
		"A='b\nc'\nB=d":           "b\nc",
		"A=x\nA=y":                "y",
		"#A=x\n\nA=Endpoint=h;K=": "Endpoint=h;K=",
	} {
		vars, err := ReadEnvFile(writeFile(t, text))
		if err != nil || vars.values["A"].text != want {
			t.Errorf("%q: A is %q, %v, want %q", text, vars.values["A"].text, err, want)
		}
	}
}

// TestBrokenFiles: each error names the file and the line, and no value.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		read func(string) (*Variables, error)
		text string
		line int
	}{
		{ReadEnvFile, "A=b\nSECRET", 2},
		{ReadEnvFile, "A B=SECRET", 1},
		{ReadEnvFile, "\n\nA='SECRET\nx\n", 3},
		{ReadEnvFile, "A=\"SECRET\" x", 1},
		{ReadEnvFile, "=SECRET", 1},
		{ReadFunctionsSettings, "", 1},
		{ReadFunctionsSettings, "SECRET", 1},
		{ReadFunctionsSettings, "{\n\"Values\": {\"A\": SECRET}}", 2},
		{ReadFunctionsSettings, "{\n\n\"Values\": [\"SECRET\"]}", 3},
		{ReadFunctionsSettings, "{\"Values\": {\"A\":\n{}}}", 2},
		{ReadFunctionsSettings, strings.Repeat("[", 2000), 0},
		{ReadEnvFile, strings.Repeat("#", maxFile+1), 0},
		{ReadEnvFile, "\xff\xfeA", 0},
	} {
		path := writeFile(t, tt.text)
		_, err := tt.read(path)
		wrong, ok := errors.AsType[*Error](err)
		if !ok || wrong.File != path || wrong.Line != tt.line || wrong.Hint == "" || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%.60q: %v, want an error in line %d", tt.text, err, tt.line)
		}
	}
}

// TestConcurrentChanges: contexts are replaced whole, whatever else is going on.
func TestConcurrentChanges(t *testing.T) {
	t.Parallel()
	store := NewStore(lookup(map[string]string{"WPS_CONFIG_DIR": t.TempDir()}))
	if err := store.Add(&Context{Name: "a", Endpoint: "https://h", Hub: "h0"}); err != nil {
		t.Fatal(err)
	}
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			for range 50 {
				if err := store.Replace("a", []byte("endpoint: https://h\nhub: "+strings.Repeat("h", 2000)+"\n")); err != nil {
					t.Error(err)
				}
				if c, err := store.Load("a"); err != nil || c.Endpoint != "https://h" || len(c.Hub) != 2 && len(c.Hub) != 2000 {
					t.Errorf("loaded %+v, %v", c, err)
				}
				if err := store.Use("a"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	working.Wait()
	entries, err := os.ReadDir(store.folder())
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v, want one file", entries, err)
	}
}

// TestContextRoundTrip: what is written is read as it was, whatever the text.
func TestContextRoundTrip(t *testing.T) {
	t.Parallel()
	store := NewStore(lookup(map[string]string{"WPS_CONFIG_DIR": t.TempDir()}))
	for i, text := range []string{"a", "yes", "1", "null", "a: b", "# c", "'", "\"", "a\nb", " x ", "é", "- a", "{x}", "Endpoint=h;AccessKey=k==;"} {
		want := Context{Name: string(rune('a' + i)), ConnectionStringCommand: text, Hub: text, ClientID: text, EnvFile: text, Roles: []string{text, "r"}}
		if err := store.Add(&want); err != nil {
			t.Fatal(err)
		}
		got, err := store.Load(want.Name)
		if err != nil || got.ConnectionStringCommand != text || got.Hub != text || got.ClientID != text || got.EnvFile != text || len(got.Roles) != 2 || got.Roles[0] != text {
			t.Errorf("%q: read %+v, %v", text, got, err)
		}
	}
}

// FuzzReadEnvFile: no text makes the reader panic, and an accepted one sets names.
func FuzzReadEnvFile(f *testing.F) {
	for _, text := range []string{"A=b\n", "export A='b\nc'\n# d\n", "A=\"b\\n\"", "\ufeff=", "A"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p := &envParser{rest: text, line: 1}
		for len(p.rest) > 0 {
			name, _, err := p.next()
			if err != nil {
				return
			}
			if name != "" && !isName(name) {
				t.Errorf("%q sets %q", text, name)
			}
		}
	})
}
