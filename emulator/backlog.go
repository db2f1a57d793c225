package emulator

import (
	"slices"
	"sync"
	"sync/atomic"

	"wps/emulator/internal/outbound"
)

// Limits on what waits for all clients of a server together. Each client has its own
// limits (protocol.MaxQueuedBytes), but many slow ones must not take all memory.
const (
	// maxBacklog is how many bytes may wait. A message that waits for several clients
	// counts once, because they share it.
	maxBacklog = 512 << 20
	// backlogShare is the part of the limit that is encoded before what waits is
	// measured again, and the part below the limit down to which clients are closed.
	backlogShare = 8
	// itemCost is counted for each message in addition to its bytes.
	itemCost = 64
	// maxBacklogItems limits the memory of a measurement. Clients for which less waits
	// than for those with so many messages are left out.
	maxBacklogItems = 1 << 20
)

// backlog bounds what waits for all clients of a server. Senders report what they
// encode, and one of them measures at times, so that nothing is done for each
// receiver, and nothing at all while little is sent.
type backlog struct {
	server  *Server
	limit   atomic.Int64
	encoded atomic.Int64 // since the last measurement

	measuring sync.Mutex
}

// added is called after bytes were queued, for one client or for many, with no lock
// of a hub held.
func (b *backlog) added(bytes int) {
	if b.encoded.Add(int64(bytes)) < b.limit.Load()/backlogShare || !b.measuring.TryLock() {
		return
	}
	defer b.measuring.Unlock()
	b.encoded.Store(0)
	waiting := b.waiting()
	if waiting == nil {
		return
	}
	for _, c := range slowest(waiting, b.limit.Load()) {
		c.yield()
	}
}

// waitingConn is a connection with what waits for it.
type waitingConn struct {
	conn  *conn
	bytes int // at most; a message may be counted twice
	items []outbound.Item
	share int // of the memory of its messages, which it shares with others
}

// waiting returns the connections for which something waits, those with most first;
// nil if all of it is below the limit.
func (b *backlog) waiting() (all []*waitingConn) {
	sum := 0
	for _, h := range b.server.allHubs() {
		for _, c := range h.connections(wholeHub()) {
			if n := c.waitingBytes(); n > 0 {
				sum += n
				all = append(all, &waitingConn{conn: c, bytes: n})
			}
		}
	}
	if int64(sum) <= b.limit.Load() {
		return nil
	}
	slices.SortFunc(all, func(x, y *waitingConn) int { return y.bytes - x.bytes })
	return all
}

// slowest returns the connections to close so that what waits for the others is
// well below the limit: those with the largest shares of it.
func slowest(all []*waitingConn, limit int64) (closing []*conn) {
	waitsFor := map[*byte]int{} // how often each message waits
	all, size := collect(all, waitsFor)
	if size <= limit {
		return nil
	}
	for _, w := range all {
		for _, it := range w.items {
			w.share += (len(it.Bytes) + itemCost) / waitsFor[keyOf(it)]
		}
	}
	slices.SortFunc(all, func(x, y *waitingConn) int { return y.share - x.share })
	for _, w := range all {
		if size <= limit-limit/backlogShare {
			break
		}
		closing = append(closing, w.conn)
		size -= freed(w.items, waitsFor)
	}
	return closing
}

// collect sets the items of connections, as many as the limit of a measurement
// allows, and returns those connections with the size of all their messages.
func collect(all []*waitingConn, waitsFor map[*byte]int) (measured []*waitingConn, size int64) {
	items := 0
	for i, w := range all {
		if items > maxBacklogItems {
			return all[:i], size
		}
		w.items = w.conn.appendWaiting(nil)
		items += len(w.items)
		for _, it := range w.items {
			key := keyOf(it)
			if waitsFor[key]++; waitsFor[key] == 1 {
				size += int64(len(it.Bytes) + itemCost)
			}
		}
	}
	return all, size
}

// freed removes what waits for one connection, and returns the size of what waits
// for no other.
func freed(items []outbound.Item, waitsFor map[*byte]int) (size int64) {
	for _, it := range items {
		if key := keyOf(it); waitsFor[key] > 1 {
			waitsFor[key]--
		} else {
			delete(waitsFor, key)
			size += int64(len(it.Bytes) + itemCost)
		}
	}
	return size
}

// keyOf returns what is the same for all connections that share a message.
func keyOf(it outbound.Item) *byte {
	if len(it.Bytes) == 0 {
		return nil
	}
	return &it.Bytes[0]
}

// waitingBytes returns how many bytes wait for c or for its acknowledgment.
func (c *conn) waitingBytes() (bytes int) {
	if l := c.currentLink(); l != nil {
		_, bytes = l.out.Waiting()
	}
	if c.replay != nil {
		bytes += c.replay.size()
	}
	return bytes
}

// appendWaiting appends the messages that wait for c or for its acknowledgment. One
// that waits for both is in the list twice.
func (c *conn) appendWaiting(list []outbound.Item) []outbound.Item {
	if l := c.currentLink(); l != nil {
		list = l.out.AppendWaiting(list)
	}
	if c.replay == nil {
		return list
	}
	return c.replay.appendUnacked(list)
}

// size returns the size of what is not acknowledged.
func (r *replay) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

// appendUnacked appends what is not acknowledged.
func (r *replay) appendUnacked(list []outbound.Item) []outbound.Item {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(list, r.unacked...)
}
