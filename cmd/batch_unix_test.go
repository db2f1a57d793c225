//go:build unix

package cmd_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestApplyKilledCopy checks that a killed run leaves no temporary copy of its
// standard input.
func TestApplyKilledCopy(t *testing.T) {
	t.Parallel()
	taken := make(chan struct{}, 8)
	s := newService(t, func(http.ResponseWriter, *http.Request, int) bool {
		taken <- struct{}{}
		return false
	})
	journal, temp := filepath.Join(t.TempDir(), "journal"), t.TempDir()
	first := `{"message":"a","dataType":"text"}` + "\n"
	if code, _, stderr := run(t, s.env(), "apply", "--journal", journal, write(t, first)); code != 0 {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	<-taken
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, more, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer more.Close()
	wps := exec.Command(self, "apply", "--journal", journal)
	wps.Args[0], wps.Env, wps.Stdin = "wps", []string{"TMPDIR=" + temp}, in // the name by which the test binary is wps
	for name, value := range s.env() {
		wps.Env = append(wps.Env, name+"="+value)
	}
	var stderr bytes.Buffer
	wps.Stderr = &stderr
	if err := wps.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	if _, err := io.WriteString(more, first+`{"message":"b","dataType":"text"}`+"\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-taken:
	case <-time.After(patience):
		t.Error("the second event is not sent")
	}
	_ = wps.Process.Kill() // it may have ended
	if err := wps.Wait(); err == nil {
		t.Errorf("the run ended: %s", stderr.String())
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("temporary files = %v, %v, want none", left, err)
	}
}
