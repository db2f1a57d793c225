package inspector

import (
	"net/http"
	"strconv"
	"time"

	"wps/internal/feed"
	"wps/protocol/traffic"
)

// Bounds of the stream for one page.
const (
	batchEvery  = 50 * time.Millisecond
	perBatch    = 100 // objects: 2,000 a second
	pending     = 10_000
	pendingSize = 16 << 20
	aliveEvery  = 5 * time.Second
	writeWithin = 30 * time.Second // one batch
)

// serveStream answers with the objects that are kept and then new ones, one JSON
// object a line, until either side ends.
func (i *Inspector) serveStream(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		after = 0 // from the beginning
	}
	follower, err := i.backend.Follow(feed.Options{Recent: feed.Kept, After: after, Detail: true, Pending: pending, PendingBytes: pendingSize})
	if err != nil {
		i.refuse(w, r, http.StatusServiceUnavailable, err.Error(), "close another page or wps emulator events")
		return
	}
	defer follower.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	s := pageStream{w: w, control: http.NewResponseController(w), follower: follower}
	// The time limit for reading a request would end its context.
	_ = s.control.SetReadDeadline(time.Time{})
	s.run(r)
}

// pageStream writes objects for one page.
type pageStream struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	follower *feed.Follower
	begun    bool // what was kept is written, so that sampling begins
}

func (s *pageStream) run(r *http.Request) {
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	batch := time.NewTicker(batchEvery)
	defer batch.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case now := <-alive.C:
			if s.write([]*traffic.Object{traffic.New(traffic.Alive, now)}) != nil {
				return
			}
			continue
		case <-s.follower.Ready():
		}
		if s.write(s.next()) != nil {
			return
		}
		select { // so that what follows soon is one batch
		case <-r.Context().Done():
			return
		case <-batch.C:
		}
	}
}

// next returns the next batch.
func (s *pageStream) next() []*traffic.Object {
	batch := s.follower.Drain(time.Now())
	if !s.begun {
		s.begun = true
		return batch
	}
	return sample(batch, perBatch)
}

// sample returns at most that many objects of a batch and, at the end, one that
// counts the others. Frames and messages, of which there are many, make way first.
func sample(batch []*traffic.Object, most int) []*traffic.Object {
	if len(batch) <= most {
		return batch
	}
	common := 0
	for _, o := range batch {
		if isCommon(o) {
			common++
		}
	}
	room := max(most-(len(batch)-common), most/4) // for common ones
	every := (common + room - 1) / max(room, 1)
	kept, left, seen := make([]*traffic.Object, 0, most+1), 0, 0
	for _, o := range batch {
		switch {
		case o.Type == traffic.Dropped:
			left += o.Count
			continue
		case isCommon(o):
			if seen++; seen%every != 0 || len(kept) >= most {
				left++
				continue
			}
		case len(kept) >= most:
			left++
			continue
		}
		kept = append(kept, o)
	}
	sampled := traffic.New(traffic.Sampled, time.Now())
	sampled.Count = left
	return append(kept, sampled)
}

func isCommon(o *traffic.Object) bool {
	switch o.Type {
	case traffic.Message, traffic.Received, traffic.Sent, traffic.REST, traffic.Joined, traffic.Left:
		return true
	case traffic.Handled:
		return o.Reason == ""
	}
	return false
}

func (s *pageStream) write(batch []*traffic.Object) error {
	// The next batch may be due much later than the deadline of this one.
	defer func() { _ = s.control.SetWriteDeadline(time.Time{}) }()
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	enc := traffic.Encoder(s.w)
	for _, o := range batch {
		if err := enc.Encode(o); err != nil {
			return err
		}
	}
	return s.control.Flush()
}
