package bench

// maxMissing bounds how many missing numbers are kept for one sender and
// receiver; what is older counts as lost for good.
const maxMissing = 1 << 14

// sequence watches what one receiver gets of one sender.
type sequence struct {
	next    uint64              // the number that should come; 0: 1
	missing map[uint64]struct{} // smaller ones that have not come
	gone    int64               // of those no longer kept
}

// see takes a number that has arrived, and tells whether it is new.
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

// skip notes the numbers that a larger one has overtaken.
func (s *sequence) skip(number uint64) {
	if s.missing == nil {
		s.missing = map[uint64]struct{}{}
	}
	for ; s.next < number; s.next++ {
		if len(s.missing) >= maxMissing {
			s.gone += int64(number - s.next)
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
	// unsure are the numbers of those that the service has not taken, ascending:
	// nobody knows whether they went out.
	unsure []uint64
	more   int64 // of them, beyond maxMissing
}

// failed notes that the last one was not taken.
func (s *sent) failed() {
	if len(s.unsure) < maxMissing {
		s.unsure = append(s.unsure, s.last)
	} else {
		s.more++
	}
}

// lost is how many of the messages that a service has taken have not come.
func (s *sequence) lost(of *sent) int64 {
	next := max(s.next, 1)
	n := int64(len(s.missing)) + s.gone
	if of.last >= next {
		n += int64(of.last - next + 1)
	}
	unknown := of.more
	for _, number := range of.unsure {
		if _, missing := s.missing[number]; missing || number >= next {
			n--
		} else {
			unknown++ // it has come, or is among those no longer kept
		}
	}
	return max(n-min(unknown, s.gone+of.more), 0)
}
