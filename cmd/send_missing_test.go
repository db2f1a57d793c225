package cmd_test

import (
	"strings"
	"testing"
)

// TestMissingAtOnce: what is missing is reported at once, the hub first.
func TestMissingAtOnce(t *testing.T) {
	t.Parallel()
	_, _, both := run(t, nil, "send", "--file", "nothere.txt")
	if !strings.HasPrefix(both, "wps: no hub is set; ") || !strings.Contains(both, "nothere.txt") || !strings.Contains(both, "\nhint: add --hub NAME, or set WPS_HUB\n") {
		t.Errorf("without hub and file: %q", both)
	}
	_, _, one := run(t, map[string]string{"WPS_HUB": "chat"}, "send", "--file", "nothere.txt")
	if strings.Contains(one, "no hub") || !strings.Contains(one, "nothere.txt") {
		t.Errorf("without file: %q", one)
	}
}
