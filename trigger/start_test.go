//go:build unix

package trigger_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wps/trigger"
)

// TestScriptError checks that a script which the system could not start is refused with
// its cause and what to do, and that all others are left to the system.
func TestScriptError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tt := range map[string]struct{ text, want, fix string }{
		"good":        {"#!/bin/sh\necho\n", "", ""},
		"env":         {"#!/usr/bin/env sh\n", "", ""},
		"env-option":  {"#!/usr/bin/env -S sh -e\n", "", ""},
		"blank":       {"#! /bin/sh -e\n", "", ""},
		"binary":      {"\x7fELF\x00", "", ""},
		"empty":       {"", "", ""},
		"crlf":        {"#!/bin/sh\r\necho\r\n", "has the line ends of Windows", "LF line ends"},
		"env-crlf":    {"#!/usr/bin/env sh\r\n", "has the line ends of Windows", "LF line ends"},
		"missing":     {"#!/no/such/interpreter\n", "needs the interpreter /no/such/interpreter, which does not exist", "install it"},
		"env-missing": {"#!/usr/bin/env no-such-program\n", "needs the interpreter no-such-program, which is not in $PATH", "install it"},
		"none":        {"echo hi\n", "is a script without an interpreter", "#!/bin/sh"},
		"nothing":     {"#!\n", "names no interpreter after #!", "#!/bin/sh"},
		"mark":        {"\xef\xbb\xbf#!/bin/sh\n", "begins with a byte order mark", "without a byte order mark"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(tt.text), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := trigger.ParseCommand(path + " argument")
		script, refused := errors.AsType[*trigger.ScriptError](err)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.want != "" && (!refused || !strings.Contains(script.Error(), path+" "+tt.want) || !strings.Contains(script.Fix, tt.fix)):
			t.Errorf("%s: %v, want %q with the fix %q", name, err, tt.want, tt.fix)
		}
	}
}
