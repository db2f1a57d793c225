package cmd_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"wps/cmd"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/settings"
	"wps/protocol"
	"wps/token"
)

// smallInputs holds one value of each kind that people paste.
type smallInputs struct {
	connectionString, key, token, url, message string
}

// inputPlace is a place at which wps reads a small input: the value in one of its
// forms is put there, and the command must succeed as with the plain one.
type inputPlace struct {
	name  string
	value func(smallInputs) string
	// names are the members of JSON with the value; none: the value is JSON itself.
	names []string
	// run returns the arguments, the environment and stdin for a form of the value,
	// which is also in the file.
	run func(form, file string) (args []string, env map[string]string, stdin string)
}

func inputPlaces() (all []inputPlace) {
	cs := func(in smallInputs) string { return in.connectionString }
	csNames := []string{"connectionString", "primaryConnectionString"}
	ask := []string{"exists", "--hub", "chat", "--user", "u", "--dry-run=curl"}
	add := func(p inputPlace) { all = append(all, p) }
	add(inputPlace{"--connection-string", cs, csNames, func(form, _ string) ([]string, map[string]string, string) {
		return append(ask[:len(ask):len(ask)], "--connection-string", form), nil, ""
	}})
	add(inputPlace{"--connection-string @FILE", cs, csNames, func(_, file string) ([]string, map[string]string, string) {
		return append(ask[:len(ask):len(ask)], "--connection-string", "@"+file), nil, ""
	}})
	for _, name := range settings.ServiceNames() {
		if strings.HasSuffix(name, "_ENDPOINT") || strings.HasSuffix(name, "serviceUri") {
			continue
		}
		add(inputPlace{"$" + name, cs, csNames, func(form, _ string) ([]string, map[string]string, string) {
			return ask, map[string]string{name: form}, ""
		}})
	}
	tok := func(in smallInputs) string { return in.token }
	add(inputPlace{"token inspect TOKEN", tok, []string{"token", "accessToken"}, func(form, _ string) ([]string, map[string]string, string) {
		return []string{"token", "inspect", form}, nil, ""
	}})
	add(inputPlace{"token inspect -", tok, []string{"token", "accessToken"}, func(form, _ string) ([]string, map[string]string, string) {
		return []string{"token", "inspect", "-"}, nil, form
	}})
	add(inputPlace{"token inspect URL", func(in smallInputs) string { return in.url }, []string{"url"}, func(form, _ string) ([]string, map[string]string, string) {
		return []string{"token", "inspect", "-"}, nil, form
	}})
	message := func(in smallInputs) string { return in.message }
	add(inputPlace{"send --file", message, nil, func(_, file string) ([]string, map[string]string, string) {
		return []string{"send", "--hub", "chat", "--data-type", "json", "--dry-run", "--file", file}, nil, ""
	}})
	add(inputPlace{"send -", message, nil, func(form, _ string) ([]string, map[string]string, string) {
		return []string{"send", "--hub", "chat", "--data-type", "json", "--dry-run", "-"}, nil, form
	}})
	add(inputPlace{"apply -", func(in smallInputs) string { return `{"message":` + in.message + `,"dataType":"json"}` }, nil, func(form, _ string) ([]string, map[string]string, string) {
		return []string{"apply", "--hub", "chat", "--dry-run"}, nil, form
	}})
	add(inputPlace{"apply FILE", func(in smallInputs) string { return `{"message":` + in.message + `,"dataType":"json"}` }, nil, func(_, file string) ([]string, map[string]string, string) {
		return []string{"apply", "--hub", "chat", "--dry-run", file}, nil, ""
	}})
	add(inputPlace{"emulator --settings", func(in smallInputs) string { return `{"accessKey":"` + in.key + `"}` }, nil, func(_, file string) ([]string, map[string]string, string) {
		return []string{"emulator", "--settings", file, "--", "true"}, nil, ""
	}})
	key := func(in smallInputs) string { return in.key }
	keyNames := []string{"primaryKey", "accessKey", "key"}
	add(inputPlace{"emulator --key", key, keyNames, func(form, _ string) ([]string, map[string]string, string) {
		return []string{"emulator", "--key", form, "--", "true"}, nil, ""
	}})
	add(inputPlace{"emulator --key-file", key, keyNames, func(_, file string) ([]string, map[string]string, string) {
		return []string{"emulator", "--key-file", file, "--", "true"}, nil, ""
	}})
	add(inputPlace{"$WPS_EMULATOR_KEY", key, keyNames, func(form, _ string) ([]string, map[string]string, string) {
		return []string{"emulator", "--", "true"}, map[string]string{"WPS_EMULATOR_KEY": form}, ""
	}})
	return all
}

// inputForms returns the forms in which editors, shells and az write a value.
func inputForms(value string, names []string) map[string]string {
	forms := map[string]string{
		"plain": value, "byte order mark": "\ufeff" + value, "CRLF": value + "\r\n", "blanks": " \t" + value + " \n\n",
		"byte order mark and CRLF": "\ufeff" + value + "\r\n",
	}
	if names == nil { // JSON has no quotes around it
		return forms
	}
	forms["quotes"], forms["single quotes"] = `"`+value+`"`, "'"+value+"'\r\n"
	forms["assignment"] = "export ACCESS_KEY=" + value + "\n"
	for _, name := range names {
		forms["JSON "+name] = "\ufeff{\r\n  \"" + name + `": "` + value + "\"\r\n}\r\n"
	}
	return forms
}

func utf16Text(text string) string {
	var b bytes.Buffer
	b.WriteString("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(unit))
		b.WriteByte(byte(unit >> 8))
	}
	return b.String()
}

// newSmallInputs returns values that a command takes.
func newSmallInputs(t *testing.T) smallInputs {
	t.Helper()
	cs, err := token.ParseConnectionString("Endpoint=" + protocol.DefaultEndpoint + ";AccessKey=" + protocol.DefaultAccessKey + ";Version=1.0;")
	if err != nil {
		t.Fatal(err)
	}
	n, err := token.Negotiate(cs, token.ClientOptions{Hub: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	return smallInputs{cs.Reveal(), protocol.DefaultAccessKey, n.AccessToken, n.URL, `{"n":1}`}
}

// TestSmallInputPlaces checks that every place at which a small input is read takes it
// in every form, and names UTF-16.
func TestSmallInputPlaces(t *testing.T) {
	t.Parallel()
	in := newSmallInputs(t)
	dir := t.TempDir()
	try := func(p inputPlace, name, form string) (code int, stdout, stderr string) {
		file := filepath.Join(dir, "input.txt")
		if err := os.WriteFile(file, []byte(form), 0o600); err != nil {
			t.Fatal(err)
		}
		args, environ, stdin := p.run(form, file)
		var out, errs bytes.Buffer
		env := cli.NewEnv(strings.NewReader(stdin), &out, &errs, lookup(environ))
		return cmd.Run(t.Context(), args, env), out.String(), errs.String()
	}
	for _, p := range inputPlaces() {
		value := p.value(in)
		_, want, _ := try(p, "plain", value)
		for name, form := range inputForms(value, p.names) {
			code, stdout, stderr := try(p, name, form)
			if code != 0 || !sameAnswer(stdout, want) {
				t.Errorf("%s, %s: exit code %d, %s%s, want %s", p.name, name, code, stdout, stderr, want)
			}
		}
		if code, _, stderr := try(p, "UTF-16", utf16Text(value)); code == 0 || !strings.Contains(stderr, "UTF-16") && !strings.Contains(stderr, "is not UTF-8 text") {
			t.Errorf("%s, UTF-16: exit code %d, %s", p.name, code, stderr)
		}
		if p.names == nil {
			continue
		}
		if code, _, stderr := try(p, "placeholder", "<value>"); code == 0 || !strings.Contains(stderr, "placeholder") {
			t.Errorf("%s, placeholder: exit code %d, %s", p.name, code, stderr)
		}
	}
}

// sameAnswer compares outputs but for times and signatures.
func sameAnswer(a, b string) bool {
	cut := func(s string) string {
		if i := strings.Index(s, "Bearer"); i >= 0 {
			s = s[:i]
		}
		if i := strings.Index(s, "expires"); i >= 0 {
			s = s[:i]
		}
		return s
	}
	return cut(a) == cut(b)
}
