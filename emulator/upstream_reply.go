package emulator

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"wps/protocol"
)

// userEvent is a user event of a client, and the chain of its traffic objects.
type userEvent struct {
	name     string
	dataType protocol.DataType
	data     []byte
	metadata map[string]string
	chain    uint64
	kind     kind // of the client
}

// userEvent sends a user event of the client, waits for the answer and returns the
// message in it, nil for none. ok is false when the event failed: it has no
// handler, the handler refused or did not answer, or the answer is invalid.
func (s *eventSource) userEvent(ctx context.Context, u *userEvent) (m *message, ok bool) {
	e := s.newEvent(protocol.EventUser, u.name, protocol.EventContentType(u.dataType), u.data)
	e.metadata, e.chain = u.metadata, u.chain
	s.awaitConnected(ctx)
	a, err := s.deliver(ctx, e)
	if err != nil || !a.OK() {
		return nil, false
	}
	m, err = readReply(a.Header, a.Body)
	if err == nil && m != nil && !m.fits(u.kind) {
		err = fmt.Errorf("too large for one message: with what its encoding adds, more than %d MiB", protocol.MaxQueuedBytes>>20)
	}
	if err != nil {
		s.up.server.log.Warn("reply not usable", "hub", s.hub, "event", u.name, "connectionId", s.id, "error", oneLine(err))
		return nil, false
	}
	s.keepState(a.Header)
	return m, true
}

// readReply turns the answer to a user event into a message for its sender; nil
// when it holds none. A body without a Content-Type is binary. Without a body,
// metadata make an empty text.
//
// Source: the vendor's emulator; the check of JSON is ours, because a frame
// could not hold anything else.
func readReply(h http.Header, body []byte) (*message, error) {
	metadata, err := protocol.ReadMetadata(h)
	if err != nil {
		return nil, err
	}
	d, decode := protocol.DataTypeText, validUTF8
	switch {
	case len(body) == 0 && len(metadata) == 0:
		return nil, nil
	case len(body) > 0:
		if d, decode, err = replyType(h.Get("Content-Type")); err != nil {
			return nil, err
		}
	}
	switch {
	case d == protocol.DataTypeText:
		body = decode(body)
	case d == protocol.DataTypeJSON && !validJSON(body):
		return nil, fmt.Errorf("not JSON in UTF-8, as its Content-Type says: %.200q", body)
	}
	m := newMessage(protocol.FromServer, d, body)
	m.response.Metadata = metadata
	return m, nil
}

// replyType reads the Content-Type of a reply; decode belongs to text.
func replyType(contentType string) (d protocol.DataType, decode func([]byte) []byte, err error) {
	d, charset, ok := protocol.DataTypeOf(contentType)
	if decode = decoderOf(charset); !ok || decode == nil {
		return "", nil, fmt.Errorf("the Content-Type %.200q cannot be sent to a client", contentType)
	}
	return d, decode, nil
}

// setMetadata writes the metadata of a client's message: keys in lower case; of
// keys that differ in case only, one counts.
func setMetadata(h http.Header, metadata map[string]string, canonical bool) {
	if len(metadata) == 0 {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		name := strings.ToLower(protocol.MetadataHeader + key)
		if canonical {
			name = http.CanonicalHeaderKey(name)
		}
		h[name] = []string{metadata[key]}
	}
}
