package emulator

import (
	"strings"
	"testing"
	"time"
)

// TestFollowerMemory proves that what waits for a reader that does not read is
// bounded in bytes too, not only in notices, and that it learns what it missed.
func TestFollowerMemory(t *testing.T) {
	t.Parallel()
	var n notices
	r := n.follow(0, true)
	const sent = 1000
	for range sent {
		text := strings.Repeat("x", maxNoticeText+1)
		data := strings.Repeat("x", maxNoticeData)
		n.publish(Notice{Reason: text, UserID: text, NoticeSent: &NoticeSent{TargetID: text, Data: data}})
	}
	const each = 3*maxNoticeText + maxNoticeData
	if got, want := len(r.pending), maxPendingBytes/each+1; got != want {
		t.Errorf("%d notices of %d bytes are pending, want %d", got, each, want)
	}
	batch := n.drain(r, time.Time{})
	if last := batch[len(batch)-1]; last.Type != NoticeDropped || last.Count+len(batch)-1 != sent {
		t.Errorf("after %d notices the last is %+v, want the number of those missed", len(batch)-1, last)
	}
	n.publish(Notice{Type: NoticeOpened})
	if batch := n.drain(r, time.Time{}); len(batch) != 1 || batch[0].Type != NoticeOpened {
		t.Errorf("afterwards %+v, want one notice", batch)
	}
}
