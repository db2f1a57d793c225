package emulator

import (
	"encoding/base64"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"wps/protocol"
)

// Notice types.
const (
	NoticeOpened    = "opened"    // a connection is open
	NoticeClosed    = "closed"    // it has ended, for Reason
	NoticeAway      = "away"      // a reliable connection has lost its transport
	NoticeRecovered = "recovered" // and has another one
	NoticeJoined    = "joined"    // it has joined Group
	NoticeLeft      = "left"      // it has left Group
	NoticeMessage   = "message"   // a message was sent, see NoticeSent
	NoticeEvent     = "event"     // an event was sent to its handler, see NoticeHandled
	NoticeRefused   = "refused"   // a request was answered with 400 or more, see NoticeRequest
	// A tunnel connection is open, and it has ended for Reason. The UserID is the id
	// of the tunnel client.
	NoticeTunnelOpened = "tunnelOpened"
	NoticeTunnelClosed = "tunnelClosed"
	NoticeDropped      = "dropped" // a slow reader has missed Count notices
)

// Notice is one line of "wps emulator events": something that has happened in a
// running emulator. Members that do not belong to its Type are empty.
type Notice struct {
	Time         time.Time `json:"time"`
	Type         string    `json:"type"`
	Hub          string    `json:"hub,omitempty"`
	ConnectionID string    `json:"connectionId,omitempty"`
	UserID       string    `json:"userId,omitempty"`
	Subprotocol  string    `json:"subprotocol,omitempty"`
	Group        string    `json:"group,omitempty"`
	Reason       string    `json:"reason,omitempty"`
	Count        int       `json:"count,omitempty"`
	*NoticeSent
	*NoticeHandled
	*NoticeRequest
}

// NoticeSent is the part of a NoticeMessage about the message. The connection of
// the notice is the sender; it has none when the message was sent over REST.
type NoticeSent struct {
	Target    protocol.TargetKind `json:"target"`
	TargetID  string              `json:"targetId,omitempty"`
	DataType  protocol.DataType   `json:"dataType"`
	Bytes     int                 `json:"bytes"`
	Receivers int                 `json:"receivers"`
	// Data is present when it was asked for: the first 4 KiB, as text, or in base64
	// for the binary types.
	Data      string `json:"data,omitempty"`
	Truncated bool   `json:"truncated,omitempty"`
}

// NoticeHandled is the part of a NoticeEvent about the event. The notice's Reason
// is why it failed.
type NoticeHandled struct {
	Event   string `json:"event"`
	EventID uint64 `json:"eventId"`
	// AnswerStatus is 0 when no handler answered.
	AnswerStatus int     `json:"answerStatus"`
	Milliseconds float64 `json:"milliseconds"`
}

// NoticeRequest is the part of a NoticeRefused about the request. Path has no
// query, which may contain a token.
type NoticeRequest struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
	Code   string `json:"code,omitempty"`
}

// NoticesKept is how many notices are kept for later readers.
const NoticesKept = 256

// Limits of what is kept for readers.
const (
	maxPendingNotices = 1024    // for one reader that reads too slowly
	maxPendingBytes   = 1 << 20 // of their texts
	maxNoticeData     = 4 << 10 // of a message's data, in bytes
	maxNoticeText     = 1 << 10 // of any other text, in bytes
	maxReaders        = 16
)

// notices keeps the latest notices and passes new ones to readers. It never waits
// for a reader. Its lock is locked after all others.
type notices struct {
	mu      sync.Mutex
	recent  []Notice // a ring, next is the oldest when it is full
	next    int
	readers map[*noticeReader]struct{}
	data    atomic.Int32 // how many readers want the data of messages
}

// noticeReader is a reader of the stream. ready is signalled when something is
// pending; its buffer is one signal.
type noticeReader struct {
	ready   chan struct{}
	data    bool
	pending []Notice // guarded by notices.mu
	bytes   int      // of the texts in pending
	dropped int      // notices after those in pending
}

// publish keeps x, with its texts cut short, and passes it to the readers.
func (n *notices) publish(x Notice) {
	x.cutTexts()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.recent) < NoticesKept {
		n.recent = append(n.recent, x)
	} else {
		n.recent[n.next] = x
		n.next = (n.next + 1) % NoticesKept
	}
	for r := range n.readers {
		if len(r.pending) == maxPendingNotices || r.bytes >= maxPendingBytes || r.dropped > 0 {
			r.dropped++
			continue
		}
		r.pending = append(r.pending, x)
		r.bytes += x.textBytes()
		select {
		case r.ready <- struct{}{}:
		default:
		}
	}
}

// latest returns at most that many of the notices kept, oldest first.
func (n *notices) latest(most int) []Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.lastLocked(most)
}

func (n *notices) lastLocked(most int) []Notice {
	all := make([]Notice, 0, len(n.recent))
	all = append(append(all, n.recent[n.next:]...), n.recent[:n.next]...)
	return all[max(0, len(all)-most):]
}

// follow adds a reader, for which the given number of notices kept is pending. It
// returns nil when there are too many readers.
func (n *notices) follow(recent int, data bool) *noticeReader {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.readers) == maxReaders {
		return nil
	}
	r := &noticeReader{ready: make(chan struct{}, 1), data: data, pending: n.lastLocked(recent)}
	if n.readers == nil {
		n.readers = map[*noticeReader]struct{}{}
	}
	n.readers[r] = struct{}{}
	if data {
		n.data.Add(1)
	}
	r.ready <- struct{}{}
	return r
}

func (n *notices) followers() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.readers)
}

func (n *notices) unfollow(r *noticeReader) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.readers, r)
	if r.data {
		n.data.Add(-1)
	}
}

// drain returns what is pending for a reader, and at the end how many notices were
// dropped.
func (n *notices) drain(r *noticeReader, now time.Time) []Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	batch := r.pending
	if r.dropped > 0 {
		batch = append(batch, Notice{Time: now, Type: NoticeDropped, Count: r.dropped})
	}
	r.pending, r.bytes, r.dropped = nil, 0, 0
	return batch
}

// texts returns the texts of x that come from outside, without the data of a
// message, which noticeExcerpt bounds.
func (x *Notice) texts() (all [9]*string) {
	all = [9]*string{&x.Hub, &x.ConnectionID, &x.UserID, &x.Subprotocol, &x.Group, &x.Reason}
	switch {
	case x.NoticeSent != nil:
		all[6] = &x.TargetID
	case x.NoticeHandled != nil:
		all[6] = &x.Event
	case x.NoticeRequest != nil:
		all[6], all[7], all[8] = &x.Method, &x.Path, &x.Code
	}
	return all
}

// cutTexts cuts every text at maxNoticeText. The parts of x are its own.
func (x *Notice) cutTexts() {
	for _, text := range x.texts() {
		if text != nil && len(*text) > maxNoticeText {
			*text = cutText(*text)
		}
	}
}

// textBytes returns the size of the texts and the data.
func (x *Notice) textBytes() (size int) {
	for _, text := range x.texts() {
		if text != nil {
			size += len(*text)
		}
	}
	if x.NoticeSent != nil {
		size += len(x.Data)
	}
	return size
}

// cutText returns the first maxNoticeText bytes of a text, without a character cut
// in two. It is a copy, which does not keep the rest in memory.
func cutText(text string) string {
	if len(text) <= maxNoticeText {
		return text
	}
	end := maxNoticeText
	for end > maxNoticeText-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.Clone(text[:end])
}

func noticeExcerpt(d protocol.DataType, data []byte) (text string, truncated bool) {
	if truncated = len(data) > maxNoticeData; truncated {
		data = data[:maxNoticeData]
	}
	if d == protocol.DataTypeBinary || d == protocol.DataTypeProtobuf {
		return base64.StdEncoding.EncodeToString(data), truncated
	}
	for range utf8.UTFMax - 1 { // of a character cut in two
		if truncated && !utf8.Valid(data) {
			data = data[:len(data)-1]
		}
	}
	return string(data), truncated
}
