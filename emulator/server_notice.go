package emulator

import (
	"net/http"
	"strings"

	"wps/protocol"
)

// noticeMessage publishes that a message was sent to a number of receivers.
func (s *Server) noticeMessage(hub string, t protocol.Target, m *message, receivers int) {
	r := &m.response
	id := strings.Clone(t.ID) // it is kept, and not all of the URL with it
	sent := &NoticeSent{Target: t.Kind, TargetID: id, DataType: r.DataType, Bytes: len(r.Data), Receivers: receivers}
	if s.notices.data.Load() > 0 {
		sent.Data, sent.Truncated = noticeExcerpt(r.DataType, r.Data)
	}
	s.notices.publish(Notice{
		Time: s.now(), Type: NoticeMessage, Hub: hub, ConnectionID: m.sender, UserID: r.FromUserID, NoticeSent: sent,
	})
}

// noticeRefusal publishes that a request was refused. A HEAD whose answer is "does
// not exist" is no refusal.
func (s *Server) noticeRefusal(w *responseWriter, r *http.Request) {
	if w.status < http.StatusBadRequest || w.status == http.StatusNotFound && r.Method == http.MethodHead {
		return
	}
	path := r.URL.EscapedPath()
	path = strings.Clone(path[:min(len(path), maxReason)]) // it is kept, the rest is not
	s.notices.publish(Notice{
		Time: s.now(), Type: NoticeRefused, Reason: w.reason,
		NoticeRequest: &NoticeRequest{
			Method: r.Method, Path: path, Status: w.status,
			Code: w.Header().Get(protocol.HeaderErrorCode),
		},
	})
}
