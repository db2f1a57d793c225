package emulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"wps/internal/feed"
	"wps/protocol/traffic"
)

// streamTraffic answers with traffic objects, one JSON object a line: the latest
// ones that are kept and then, with follow=true, new ones until either side ends. A
// reader that has too many pending misses some, and a line says how many.
func (s *Server) streamTraffic(w *responseWriter, r *http.Request) {
	q := r.URL.Query()
	o := feed.Options{Recent: feed.Kept, Detail: q.Get("data") == "true", Filter: traffic.ParseQuery(q)}
	if n, err := strconv.Atoi(q.Get("recent")); err == nil {
		o.Recent = min(max(n, 0), feed.Kept)
	}
	st := trafficStream{control: http.NewResponseController(w), json: traffic.Encoder(w)}
	w.Header().Set("Content-Type", "application/x-ndjson")
	if q.Get("follow") != "true" {
		// The client has ended the connection.
		_ = st.writeBatch(s.feed.Latest(o))
		return
	}
	follower, err := s.feed.Follow(o)
	if err != nil {
		writeError(w, http.StatusServiceUnavailable, codeTooMany, "Request", "Too many event streams are open.")
		return
	}
	defer follower.Close()
	// The time limit for reading a request would end its context.
	_ = st.control.SetReadDeadline(time.Time{})
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		case <-follower.Ready():
		}
		if st.writeBatch(follower.Drain(s.now())) != nil {
			return
		}
	}
}

// controlWriteTimeout limits one write of an answer.
const controlWriteTimeout = 30 * time.Second

// trafficStream writes objects to one reader.
type trafficStream struct {
	control *http.ResponseController
	json    *json.Encoder
}

func (st *trafficStream) writeBatch(batch []*traffic.Object) error {
	// The next batch may be due much later than the deadline of this one.
	defer func() { _ = st.control.SetWriteDeadline(time.Time{}) }()
	for _, x := range batch {
		limitWrite(st.control)
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
