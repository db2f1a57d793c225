package record

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wps/protocol/traffic"
)

// TestRecordingLimit: a recording ends at its limit, says so once, and its lines up
// to there can be read.
func TestRecordingLimit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.ndjson")
	f, err := Create(path, traffic.Recording{Source: "emulator"})
	if err != nil {
		t.Fatal(err)
	}
	const limit = 100_000
	f.left = limit
	large := traffic.New(traffic.Closed, time.Now())
	large.Reason = strings.Repeat("x", 1000)
	failures := 0
	for range 1000 {
		if err := f.Write(large); err != nil {
			failures++
			if !errors.Is(err, errFull) {
				t.Errorf("Write: %v, want %v", err, errFull)
			}
		}
	}
	if failures != 1 {
		t.Errorf("%d writes reported a failure, want 1", failures)
	}
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "1 GiB") {
		t.Errorf("Close = %v, want the limit", err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() > limit+1000 {
		t.Errorf("the recording has %d bytes, %v, want at most %d", info.Size(), err, limit)
	}
	r, err := traffic.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; ; n++ {
		if _, _, err := r.Read(); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Errorf("line %d: %v", n+2, err)
			}
			break
		}
	}
	if n < 80 {
		t.Errorf("%d lines were recorded, want about 90", n)
	}
}
