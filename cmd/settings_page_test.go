package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// settingVariable matches a string literal that is the name of a variable of the
// settings or of the sign-in.
var settingVariable = regexp.MustCompile(`"((?:WPS|AZURE|ACTIONS|IDENTITY|MSI|IMDS|WEBPUBSUB)_[A-Z_]+|WebPubSub\w+|AzureWebJobs\w+)"`)

// TestSettingsPage checks that docs/settings.md names every flag and variable of the
// settings and every member of a context, and that the README links to it.
func TestSettingsPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	names := []string{
		"connectionString", "connectionStringCommand", "endpoint", "hub", "credential", "clientId", "tenantId", "envFile", "functionsSettings", "caFile", "output", "roles",
		"--connection-string", "--endpoint", "--hub", "--context", "--env-file", "--functions-settings", "--credential", "--ca-file", "--timeout", "--retries",
	}
	for _, pattern := range []string{"internal/settings/*.go", "../client/entra/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, m := range settingVariable.FindAllStringSubmatch(string(source), -1) {
				names = append(names, m[1])
			}
		}
	}
	if len(names) < 40 {
		t.Errorf("%d names, which are not all", len(names))
	}
	for _, name := range names {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(name) + `\b`).MatchString(page) {
			t.Errorf("docs/settings.md does not name %s", name)
		}
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil || !strings.Contains(string(readme), "(docs/settings.md)") {
		t.Errorf("README.md does not link to docs/settings.md (%v)", err)
	}
}
