package batch

import (
	"bufio"
	"errors"
	"strings"
	"testing"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
)

// checkUsage fails the test unless err is a usage error with the text want; "" is
// no error.
func checkUsage(t *testing.T, call string, err error, want string) {
	t.Helper()
	usage, isUsage := errors.AsType[*cli.UsageError](err)
	switch {
	case want == "" && err != nil:
		t.Errorf("%s = %v, want no error", call, err)
	case want != "" && (!isUsage || usage.Text != want):
		t.Errorf("%s = %v, want the usage error %q", call, err, want)
	}
}

func TestApplyCheck(t *testing.T) {
	t.Parallel()
	env := cli.NewEnv(strings.NewReader(""), nil, nil, func(string) (string, bool) { return "", false })
	for _, tt := range []struct {
		name string
		o    applyOptions
		args []string
		want string
	}{
		{"standard input", applyOptions{batch: Options{concurrency: 1}}, nil, ""},
		{"one file", applyOptions{batch: Options{concurrency: 1}, format: "yaml"}, []string{"e"}, ""},
		{"two files", applyOptions{batch: Options{concurrency: 1}}, []string{"a", "b"}, "expected one file, got 2"},
		{"empty name", applyOptions{batch: Options{concurrency: 1}}, []string{""}, "the file name is empty"},
		{"format", applyOptions{format: "xml"}, nil, `--format "xml" is unknown: use json or yaml`},
		{"no concurrency", applyOptions{}, nil, "--concurrency must be from 1 to 1024"},
	} {
		checkUsage(t, tt.name+": check", tt.o.check(env, tt.args), tt.want)
	}
}

func TestOptionsCheck(t *testing.T) {
	t.Parallel()
	dry := service.EventFlags{DryRun: service.DryRunEvent}
	for _, tt := range []struct {
		name string
		o    Options
		act  service.EventFlags
		want string
	}{
		{"all", Options{concurrency: maxConcurrency, rate: "30/m", journal: "j"}, service.EventFlags{}, ""},
		{"dry run", Options{concurrency: 1}, dry, ""},
		{"too many", Options{concurrency: maxConcurrency + 1}, service.EventFlags{}, "--concurrency must be from 1 to 1024"},
		{"journal of a dry run", Options{concurrency: 1, journal: "j"}, dry, "--journal and --dry-run exclude each other: a dry run sends nothing"},
		{"unit of the rate", Options{concurrency: 1, rate: "5/d"}, service.EventFlags{}, `--rate "5/d": the unit must be s, m or h`},
	} {
		checkUsage(t, tt.name+": Check", tt.o.Check(tt.act), tt.want)
	}
}

func TestBeginsYAML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "{}": false, "[\n": false, " \ufeff": false, strings.Repeat(" ", 600): false,
		"---\n": true, "# events": true, "- type: x": true, "type : x": true, "\ufeff%YAML 1.2": true, "\n\ntype: x": true,
	} {
		if got := beginsYAML(bufio.NewReaderSize(strings.NewReader(text), 4096)); got != want {
			t.Errorf("beginsYAML(%q) = %v, want %v", text, got, want)
		}
	}
}
