package main

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// step is one step of a workflow or an action that runs a script.
type step struct {
	where string
	Name  string            `yaml:"name"`
	Run   string            `yaml:"run"`
	Env   map[string]string `yaml:"env"`
}

// steps returns the steps of all workflows and of action.yml that run a script.
func steps(t *testing.T) []step {
	t.Helper()
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	var all []step
	for _, file := range append(files, "action.yml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var content struct {
			Jobs map[string]struct {
				Steps []step `yaml:"steps"`
			} `yaml:"jobs"`
			Runs struct {
				Steps []step `yaml:"steps"`
			} `yaml:"runs"`
		}
		if err := yaml.Unmarshal(text, &content); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		found := content.Runs.Steps
		for _, job := range content.Jobs {
			found = append(found, job.Steps...)
		}
		for _, s := range found {
			if s.where = file; s.Run != "" {
				all = append(all, s)
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("%d steps that run a script, want at least 10", len(all))
	}
	return all
}

// ours is a script of the repository in a command, and a word that may be a flag.
var (
	ours = regexp.MustCompile(`(?:^|[\s"/])((?:scripts|packaging)/[\w./-]+)([^|;&\n]*)`)
	flag = regexp.MustCompile(`^--?[a-z][a-z-]*$`)
)

// TestWorkflowSteps checks that the scripts of the repository that workflows run
// exist, can be run, and name the flags that they are run with in their usage.
func TestWorkflowSteps(t *testing.T) {
	t.Parallel()
	scripts := 0
	for _, s := range steps(t) {
		for _, fault := range faultsOf(t, s.Run, &scripts) {
			t.Errorf("%s: %q: %s", s.where, s.Run, fault)
		}
	}
	if scripts < 7 {
		t.Errorf("%d scripts in workflows, want at least 7", scripts)
	}
	for _, bad := range []string{"scripts/nothing --fast", "scripts/test --slow", "cd x && scripts/fuzz --forever", "packaging/npm/build.mjs"} {
		if faultsOf(t, bad, new(int)) == nil {
			t.Errorf("%q has no fault", bad)
		}
	}
}

// faultsOf returns what is wrong with the scripts that a step runs, and counts them.
func faultsOf(t *testing.T, run string, scripts *int) (faults []string) {
	t.Helper()
	for _, match := range ours.FindAllStringSubmatch(run, -1) {
		*scripts++
		info, err := os.Stat(match[1])
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		if runtime.GOOS != "windows" && info.Mode()&0o111 == 0 {
			faults = append(faults, match[1]+" is not executable")
		}
		text, err := os.ReadFile(match[1])
		if err != nil {
			t.Fatal(err)
		}
		usage, _, _ := strings.Cut(string(text), "\nEOF\n")
		for word := range strings.FieldsSeq(match[2]) {
			if flag.MatchString(word) && !strings.Contains(usage, word) {
				faults = append(faults, match[1]+" has no "+word)
			}
		}
	}
	return faults
}
