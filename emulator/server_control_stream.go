package emulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// streamNotices answers with notices, one JSON object a line: the latest ones that
// are kept and then, with follow=true, new ones until either side ends. A reader
// that has more than maxPendingNotices pending misses some, and a line says how
// many.
func (s *Server) streamNotices(w *responseWriter, r *http.Request) {
	q := r.URL.Query()
	recent, data := NoticesKept, q.Get("data") == "true"
	if n, err := strconv.Atoi(q.Get("recent")); err == nil {
		recent = min(max(n, 0), NoticesKept)
	}
	st := noticeStream{control: http.NewResponseController(w), json: json.NewEncoder(w), data: data}
	w.Header().Set("Content-Type", "application/x-ndjson")
	if q.Get("follow") != "true" {
		// The client has ended the connection.
		_ = st.writeBatch(s.notices.latest(recent))
		return
	}
	reader := s.notices.follow(recent, data)
	if reader == nil {
		writeError(w, http.StatusServiceUnavailable, codeTooMany, "Request", "Too many event streams are open.")
		return
	}
	defer s.notices.unfollow(reader)
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		case <-reader.ready:
		}
		if st.writeBatch(s.notices.drain(reader, s.now())) != nil {
			return
		}
	}
}

// controlWriteTimeout limits one write of an answer.
const controlWriteTimeout = 30 * time.Second

// noticeStream writes notices to one reader.
type noticeStream struct {
	control *http.ResponseController
	json    *json.Encoder
	data    bool
}

func (st *noticeStream) writeBatch(batch []Notice) error {
	// The next batch may be due much later than the deadline of this one.
	defer func() { _ = st.control.SetWriteDeadline(time.Time{}) }()
	for _, x := range batch {
		limitWrite(st.control)
		if x.NoticeSent != nil && !st.data {
			bare := *x.NoticeSent
			bare.Data, bare.Truncated = "", false
			x.NoticeSent = &bare
		}
		if err := st.json.Encode(x); err != nil {
			return err
		}
	}
	limitWrite(st.control)
	return st.control.Flush()
}

// limitWrite limits the next write of an answer to controlWriteTimeout, so that a
// client which never reads cannot hold a goroutine for ever.
func limitWrite(c *http.ResponseController) {
	// Where a server cannot set a deadline it has none.
	_ = c.SetWriteDeadline(time.Now().Add(controlWriteTimeout))
}
