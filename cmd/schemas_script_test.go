package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wps/cmd"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
)

// outputsVariable names the folder in which the commands of scripts keep what they
// print as JSON, for TestScript to check.
const outputsVariable = "WPS_TEST_OUTPUTS"

// wpsMain is the program "wps" of scripts. It keeps a copy of what is printed with -o
// json: a line with the arguments, then the output.
func wpsMain() int {
	folder := os.Getenv(outputsVariable)
	if folder == "" || !asksForJSON(os.Args[1:]) || stdio.IsTerminal(os.Stdout) {
		return cmd.Main()
	}
	file, err := os.CreateTemp(folder, "")
	if err == nil {
		err = json.NewEncoder(file).Encode(os.Args[1:])
	}
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	env := cli.NewEnv(os.Stdin, &copyWriter{stream: os.Stdout, file: file}, os.Stderr, os.LookupEnv)
	env.Environ = os.Environ
	cli.CaptureStandardLog(env)
	env.Signals.Start(cancel)
	return cmd.Run(ctx, os.Args[1:], env)
}

// asksForJSON reports whether a command prints JSON that no expression changes. Stdout of
// an emulator with a command is that of the command.
func asksForJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		if args[0] == "emulator" {
			return false
		}
		args = args[:end]
	}
	json := false
	for i, arg := range args {
		switch {
		case arg == "--help", arg == "-h", strings.HasPrefix(arg, "--jq"), arg == "--dry-run=curl":
			return false
		case arg == "json" && (args[max(i-1, 0)] == "-o" || args[max(i-1, 0)] == "--output"), arg == "-ojson", arg == "-o=json", arg == "--output=json":
			json = true
		}
	}
	return json
}

// copyWriter writes to a stream, and what was written to a file until that fails: a
// script may limit the size of files.
type copyWriter struct {
	stream, file io.Writer
	failed       bool
}

func (w *copyWriter) Write(p []byte) (int, error) {
	n, err := w.stream.Write(p)
	if !w.failed {
		_, copyErr := w.file.Write(p[:n])
		w.failed = copyErr != nil
	}
	return n, err
}

// checkOutputs checks everything that the commands of scripts have printed as JSON by
// the published schemas. A line that was not written whole is left out.
func checkOutputs(t *testing.T, folder string) {
	t.Helper()
	s, index := newSchemas(), schemaIndex(t, "Output")
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, output, _ := bytes.Cut(text, []byte("\n"))
		var args []string
		if err := json.Unmarshal(head, &args); err != nil {
			t.Fatalf("%s: %v", head, err)
		}
		command := cmd.CommandOf(args)
		for line := range strings.Lines(string(output)) {
			whole, ended := strings.CutSuffix(line, "\n")
			if !ended {
				continue
			}
			if _, err := s.match(t, schemasOfCommand(index, command), whole); err != nil {
				t.Errorf("%q printed %s: %v", args, whole, err)
			}
		}
	}
}
