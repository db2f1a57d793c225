package emulatortest_test

import (
	"os"
	"strings"
	"testing"

	"wps/client"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

func TestNoReceiver(t *testing.T) {
	e := emulatortest.Run(t)
	hub, err := client.FromConnectionString(e.ConnectionString, "chat", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	yes, _, err := hub.Exists(t.Context(), protocol.Target{Kind: protocol.TargetUser, ID: "ana"})
	if yes || err != nil {
		t.Errorf("Exists(ana) = %v, %v", yes, err)
	}
}

// TestGuide checks that TestNoReceiver is the example of docs/testing.md.
func TestGuide(t *testing.T) {
	t.Parallel()
	page, source := text(t, "../../docs/testing.md"), text(t, "guide_test.go")
	_, printed, _ := strings.Cut(page, "\n```go\n")
	_, printed, found := strings.Cut(printed, "\nfunc TestNoReceiver")
	printed, _, _ = strings.Cut(printed, "\n```\n")
	if !found || !strings.Contains(source, "\nfunc TestNoReceiver"+printed+"\n") {
		t.Errorf("docs/testing.md has another TestNoReceiver:%s", printed)
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
