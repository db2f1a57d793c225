package emulatortest

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Main runs the tests of a package and ends the process, for TestMain. It fails
// when a goroutine that runs code of one of rooms ("wps/client.") is left behind
// after they had time to end.
func Main(m *testing.M, rooms ...string) {
	code := m.Run()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if left := leaked(rooms); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// leaked gives the stacks of goroutines that run code of rooms, after they had
// time to end.
func leaked(rooms []string) string {
	deadline := time.Now().Add(5 * time.Second)
	for {
		buf := make([]byte, 1<<20)
		var left []string
		for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if runs(g, rooms) && !strings.Contains(g, "TestMain") {
				left = append(left, g)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return strings.Join(left, "\n\n")
		}
		runtime.Gosched()
	}
}

func runs(stack string, rooms []string) bool {
	for _, room := range rooms {
		if strings.Contains(stack, room) {
			return true
		}
	}
	return false
}
