package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// BuildInfo is the JSON output of "wps version". Commit and Date are "" in a build
// without version control.
type BuildInfo struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Date     string `json:"date"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// ReadBuildInfo returns what the Go toolchain recorded in the binary.
func ReadBuildInfo() BuildInfo {
	v := BuildInfo{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
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
	return v
}

// String returns the text output of "wps version".
func (v BuildInfo) String() string {
	built := "built without version control"
	if v.Commit != "" {
		built = "commit " + v.Commit[:min(len(v.Commit), 12)]
		if v.Modified {
			built += " (modified)"
		}
		built += " of " + v.Date
	}
	return fmt.Sprintf("wps %s, %s, %s %s", v.Version, built, v.Go, v.Platform)
}
