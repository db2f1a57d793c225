package cli

import (
	"runtime/debug"
	"strings"
	"testing"
)

// TestBuildInfo has what the Go toolchain records in a clone, in a build by "go
// install", and in one without either.
func TestBuildInfo(t *testing.T) {
	t.Parallel()
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.time", Value: "2026-11-30T12:00:00Z"}, {Key: "vcs.modified", Value: "true"}}
	for _, tt := range []struct {
		name, version string
		settings      []debug.BuildSetting
		want          string
	}{
		{"clone", "(devel)", vcs, "wps devel, commit 0123456789ab (modified) of 2026-11-30T12:00:00Z, "},
		{"tag", "v1.2.3", nil, "wps v1.2.3, "},
		{"tag of a clone", "v1.2.3", vcs[:2], "wps v1.2.3, commit 0123456789ab of 2026-11-30T12:00:00Z, "},
		{"commit", "v0.0.0-20261130120000-0123456789ab", nil, "wps v0.0.0-20261130120000-0123456789ab, commit 0123456789ab of 2026-11-30T12:00:00Z, "},
		{"commit after a tag", "v1.2.4-0.20261130120000-0123456789ab+dirty", nil, "wps v1.2.4-0.20261130120000-0123456789ab+dirty, commit 0123456789ab of 2026-11-30T12:00:00Z, "},
		{"release candidate", "v1.0.0-rc.1", nil, "wps v1.0.0-rc.1, "},
		{"odd", "v1.0.0-a-b-0123456789ab", nil, "wps v1.0.0-a-b-0123456789ab, "},
		{"neither", "", nil, "wps devel, built without version control, "},
	} {
		v := BuildInfo{Version: "devel", Go: "go1.26", Platform: "linux/amd64"}
		v.read(&debug.BuildInfo{Main: debug.Module{Version: tt.version}, Settings: tt.settings})
		if got := v.String(); got != tt.want+"go1.26 linux/amd64" || strings.Contains(got, ", , ") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
