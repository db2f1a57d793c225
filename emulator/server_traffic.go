package emulator

import (
	"net/http"
	"strings"
	"time"

	"wps/internal/feed"
	"wps/protocol"
	"wps/protocol/traffic"
)

// FollowOptions say which objects a Follower gets.
type FollowOptions = feed.Options

// Follower reads the traffic of a Server. It must be closed.
type Follower = feed.Follower

// Follow follows the traffic of the server. The error is ErrBusy.
func (s *Server) Follow(o FollowOptions) (*Follower, error) {
	f, err := s.feed.Follow(o)
	if err != nil {
		return nil, ErrBusy
	}
	return f, nil
}

// TrafficObject returns an object that is kept; nil when it is not.
func (s *Server) TrafficObject(id uint64) *traffic.Object { return s.feed.Find(id) }

// TrafficTotals returns what was counted while details were wanted.
func (s *Server) TrafficTotals() feed.Totals { return s.feed.Totals() }

// newObject returns an object with the time of the server.
func (s *Server) newObject(t traffic.Type) *traffic.Object { return traffic.New(t, s.now()) }

// setPayload sets the payload of an object, without its data when no follower asked for it.
func (s *Server) setPayload(o *traffic.Object, d protocol.DataType, data []byte, metadata map[string]string) {
	if !s.feed.Watched() {
		o.SetSize(d, len(data))
		return
	}
	o.SetPayload(d, data)
	o.Metadata = metadata
}

// publishMessage publishes that a message was sent to a number of receivers.
func (s *Server) publishMessage(hub string, t protocol.Target, m *message, receivers int) {
	r := &m.response
	o := s.newObject(traffic.Message)
	o.Hub, o.ConnectionID, o.UserID, o.Chain = hub, m.sender, r.FromUserID, m.chain
	id := strings.Clone(t.ID) // it is kept, and not all of the URL with it
	o.Fanout = &traffic.Fanout{Target: t.Kind, TargetID: id, Receivers: receivers}
	s.setPayload(o, r.DataType, r.Data, r.Metadata)
	s.feed.Publish(o)
}

// publishRequest publishes how a request was answered. Successful ones are details.
// A HEAD whose answer is "does not exist" is no refusal.
func (s *Server) publishRequest(w *responseWriter, r *http.Request, began time.Time) {
	refused := w.status >= http.StatusBadRequest && (w.status != http.StatusNotFound || r.Method != http.MethodHead)
	rest, _ := cutFirst(r.URL.EscapedPath(), "/api/")
	if !refused && (!s.feed.Watched() || !rest || isHealth(r)) {
		return
	}
	o := s.newObject(requestType(w.status, refused))
	o.Detail = !refused
	o.Hub, o.Chain, o.Status = hubOf(r), w.chain, w.status
	o.Reason, o.Code = w.reason, w.Header().Get(protocol.HeaderErrorCode)
	o.HTTP = &traffic.HTTP{Method: r.Method, Path: traffic.Cut(traffic.Path(r.URL))}
	if rest {
		o.Milliseconds = traffic.Milliseconds(time.Since(began))
	}
	if w.body != nil {
		d, _, _ := protocol.DataTypeOf(r.Header.Get("Content-Type"))
		metadata, _ := protocol.ReadMetadata(r.Header) // faulty ones are the reason of the refusal
		s.setPayload(o, d, w.body, metadata)
	}
	s.feed.Publish(o)
}

func requestType(status int, refused bool) traffic.Type {
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return traffic.Throttled
	case refused:
		return traffic.Refused
	}
	return traffic.REST
}

func isHealth(r *http.Request) bool {
	is, rest := cutFirst(r.URL.EscapedPath(), "/api/")
	return is && strings.EqualFold(strings.TrimSuffix(rest, "/"), "health")
}

// cutFirst cuts a prefix in any case.
func cutFirst(text, prefix string) (found bool, rest string) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return false, text
	}
	return true, text[len(prefix):]
}

// hubOf returns the hub that the path or the query of a request names, in lower
// case; "" for none.
func hubOf(r *http.Request) string {
	path := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if len(path) >= 3 && strings.EqualFold(path[1], "hubs") {
		return strings.ToLower(protocol.UnescapeSegment(path[2]))
	}
	return strings.ToLower(lastValue(r.URL.Query(), "hub"))
}
