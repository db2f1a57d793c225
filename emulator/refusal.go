package emulator

import (
	"net/http"
	"strings"

	"wps/protocol"
)

// answerWriter remembers how a request was answered, for the notice of a
// refusal.
type answerWriter struct {
	http.ResponseWriter
	status int
	why    string
}

// Unwrap lets a ResponseController reach the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the status.
func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write takes the text of a refusal for its reason when there is no other.
func (w *answerWriter) Write(b []byte) (int, error) {
	if w.status >= http.StatusBadRequest && w.why == "" {
		w.why = strings.TrimSpace(string(b[:min(len(b), maxWhy)]))
	}
	return w.ResponseWriter.Write(b)
}

// maxWhy bounds the reason of a refusal in a notice, in bytes.
const maxWhy = 1024

// because notes why a request is refused, when w is to know.
func because(w http.ResponseWriter, why string) {
	if a, ok := w.(*answerWriter); ok {
		a.why = strings.Clone(why[:min(len(why), maxWhy)])
	}
}

// noticeRefusal tells of a request that was refused. A HEAD that asks whether
// something is there is none.
func (s *Server) noticeRefusal(w *answerWriter, r *http.Request) {
	if w.status < http.StatusBadRequest || w.status == http.StatusNotFound && r.Method == http.MethodHead {
		return
	}
	path := r.URL.EscapedPath()
	path = strings.Clone(path[:min(len(path), maxWhy)]) // it is kept, the rest is not
	s.notices.tell(Notice{
		Time: s.now(), Type: NoticeRefused, Reason: w.why,
		NoticeRequest: &NoticeRequest{
			Method: r.Method, Path: path, Status: w.status,
			Code: w.Header().Get(protocol.HeaderErrorCode),
		},
	})
}
