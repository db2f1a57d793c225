package cli

import (
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// BuildInfo is the JSON output of "wps version". Commit and Date are "" and omitted in a build
// without version control, and in one of a tagged module ("go install").
type BuildInfo struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// What the linker records in a release (-X), whose build has no version control. No
// code sets them.
var version, commit, date string

// ReadBuildInfo returns what the linker or the Go toolchain recorded in the binary.
func ReadBuildInfo() BuildInfo {
	v := BuildInfo{
		Version: "devel", Commit: commit, Date: date,
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.read(info)
	}
	if version != "" {
		v.Version = version
	}
	return v
}

// read adds what the Go toolchain recorded: the version of the module, and the
// state of its version control.
func (v *BuildInfo) read(info *debug.BuildInfo) {
	if m := info.Main.Version; m != "" && m != "(devel)" {
		v.Version = m
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Date = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	if v.Commit == "" {
		v.fromVersion()
	}
}

// fromVersion reads commit and date from the version of a module without a tag, such
// as v0.0.0-20261130120000-0123456789ab.
func (v *BuildInfo) fromVersion() {
	name, _, _ := strings.Cut(v.Version, "+")
	parts := strings.Split(name, "-")
	if len(parts) < 3 || len(parts[len(parts)-1]) != 12 {
		return
	}
	at := parts[len(parts)-2]
	when, err := time.Parse("20060102150405", at[strings.LastIndexByte(at, '.')+1:])
	if err == nil {
		v.Commit, v.Date = parts[len(parts)-1], when.Format(time.RFC3339)
	}
}

// String returns the text output of "wps version".
func (v BuildInfo) String() string {
	text := "wps " + v.Version
	switch {
	case v.Commit != "":
		text += ", commit " + v.Commit[:min(len(v.Commit), 12)]
		if v.Modified {
			text += " (modified)"
		}
		text += " of " + v.Date
	case v.Version == "devel":
		text += ", built without version control"
	}
	return text + ", " + v.Go + " " + v.Platform
}
