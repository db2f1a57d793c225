package emulator

import (
	"net/http"
	"strings"
)

// responseWriter also remembers the status of an answer and the reason of a
// refusal, for the traffic object about it.
type responseWriter struct {
	http.ResponseWriter
	status int    // 0 until it is written
	reason string // of a refusal
	chain  uint64 // of what the request causes
	body   []byte // of the request, when it was read
}

// Unwrap lets a ResponseController reach the connection.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader remembers the status.
func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write keeps the text of a refusal as its reason when it has no other.
func (w *responseWriter) Write(b []byte) (int, error) {
	if w.status >= http.StatusBadRequest && w.reason == "" {
		w.reason = strings.TrimSpace(string(b[:min(len(b), maxReason)]))
	}
	return w.ResponseWriter.Write(b)
}

// maxReason bounds the reason of a refusal, in bytes.
const maxReason = 1024

// setReason sets the reason of a refusal. The text of the answer is the reason of
// one that has no other.
func (w *responseWriter) setReason(reason string) {
	w.reason = strings.Clone(reason[:min(len(reason), maxReason)])
}
