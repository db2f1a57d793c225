package emulator

import "wps/protocol"

// ackMemory remembers the last successful ack ids of a connection, oldest
// dropped first. It belongs to the connection's reader.
type ackMemory struct {
	seen map[uint64]struct{}
	ring []uint64
	next int
}

func (a *ackMemory) has(id uint64) bool {
	_, ok := a.seen[id]
	return ok
}

func (a *ackMemory) add(id uint64) {
	if a.seen == nil {
		a.seen = map[uint64]struct{}{}
	}
	if len(a.ring) < protocol.AckWindow {
		a.ring = append(a.ring, id)
	} else {
		delete(a.seen, a.ring[a.next])
		a.ring[a.next] = id
		a.next = (a.next + 1) % len(a.ring)
	}
	a.seen[id] = struct{}{}
}
