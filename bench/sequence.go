package bench

// maxMissing limits how many missing numbers are kept for one sender and receiver;
// older ones count as lost.
const maxMissing = 1 << 14

// sequence records what one receiver gets from one sender.
type sequence struct {
	next    uint64              // the expected number; 0: 1
	missing map[uint64]struct{} // smaller ones that have not arrived
	dropped int64               // missing numbers that are no longer kept
}

// see records a number that has arrived, and reports whether it is new.
func (s *sequence) see(number uint64, c *counts) bool {
	s.next = max(s.next, 1)
	switch {
	case number == s.next:
		s.next++
	case number > s.next:
		s.skip(number)
	default:
		if _, late := s.missing[number]; late {
			delete(s.missing, number)
			c.outOfOrder.Add(1)
		} else {
			c.duplicate.Add(1)
			return false
		}
	}
	return true
}

// skip records the numbers that a larger one has overtaken.
func (s *sequence) skip(number uint64) {
	if s.missing == nil {
		s.missing = map[uint64]struct{}{}
	}
	for ; s.next < number; s.next++ {
		if len(s.missing) >= maxMissing {
			s.dropped += int64(number - s.next)
			s.next = number
			break
		}
		s.missing[s.next] = struct{}{}
	}
	s.next++
}

// sent is what one sender has sent to one receiver, or to a group of them.
type sent struct {
	last uint64 // the largest number; 0: none
	// unsure are the numbers, ascending, of messages whose sending failed: they may
	// have been delivered or not.
	unsure []uint64
	more   int64 // of them, beyond maxMissing
}

// failed records that the sending of the last one failed.
func (s *sent) failed() {
	if len(s.unsure) < maxMissing {
		s.unsure = append(s.unsure, s.last)
	} else {
		s.more++
	}
}

// lost returns how many of the messages that the service accepted have not arrived.
func (s *sequence) lost(of *sent) int64 {
	next := max(s.next, 1)
	n := int64(len(s.missing)) + s.dropped
	if of.last >= next {
		n += int64(of.last - next + 1)
	}
	unknown := of.more
	for _, number := range of.unsure {
		if _, missing := s.missing[number]; missing || number >= next {
			n--
		} else {
			unknown++ // it has arrived, or is no longer kept
		}
	}
	return max(n-min(unknown, s.dropped+of.more), 0)
}
