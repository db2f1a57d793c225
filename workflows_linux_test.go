package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestWorkflowShell checks the scripts of steps as those of the repository are.
func TestWorkflowShell(t *testing.T) {
	t.Parallel()
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("this test needs the program shellcheck, which is not installed")
		}
		t.Skip("this test needs the program shellcheck, which is not installed")
	}
	check := func(s step) ([]byte, error) {
		script := "#!/usr/bin/env bash\nset -eo pipefail\n"
		for name := range s.Env {
			script += ": \"${" + name + "?}\"\n" // the step has it
		}
		// What the workflow fills in is one word.
		script += regexp.MustCompile(`\$\{\{.*?\}\}`).ReplaceAllString(s.Run, "filled-in")
		c := exec.Command(shellcheck, "-")
		c.Stdin = strings.NewReader(script + "\n")
		return c.CombinedOutput()
	}
	for _, s := range steps(t) {
		if out, err := check(s); err != nil {
			t.Errorf("%s: %s: %v\n%s", s.where, s.Name, err, out)
		}
	}
	if _, err := check(step{Run: "rm $file/*"}); err == nil {
		t.Error("a script without quotes has no fault")
	}
}
