package cmd_test

import (
	"os"
	"os/exec"
	"testing"
)

// requireProgram returns the path of a program that a test runs. Where it is missing,
// the test is skipped with its name; where CI is set, it fails.
func requireProgram(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "the program "+name)
	}
	return path
}

// missing skips a test that needs something, or fails it where CI is set.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("this test needs %s, which is not installed", what)
	}
	t.Skipf("this test needs %s, which is not installed", what)
}
