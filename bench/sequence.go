package bench

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MinSize is the smallest message, in bytes: it holds who sent it, its number
// and when it was due.
const MinSize = markSize

const (
	mark     = "wps-bench:"
	markSize = len(mark) + 8 + 1 + 16 + 1 + 16 + 1
)

// stamp is what a message of a run carries.
type stamp struct {
	sender int
	number uint64        // from 1, for each sender
	at     time.Duration // since the start of the run
}

// message makes a message of a size.
func (s stamp) message(size int) []byte {
	b := make([]byte, 0, max(size, markSize))
	b = fmt.Appendf(b, "%s%08x:%016x:%016x:", mark, s.sender, s.number, uint64(s.at))
	for len(b) < size {
		b = append(b, '.')
	}
	return b
}

// errNotOurs is a message that does not belong to a run.
var errNotOurs = errors.New("a message that this run has not sent")

// readStamp reads the stamp of a message.
func readStamp(message []byte) (s stamp, err error) {
	if len(message) < markSize || !strings.HasPrefix(string(message[:len(mark)]), mark) {
		return s, errNotOurs
	}
	f := string(message[len(mark):markSize])
	sender, err1 := strconv.ParseUint(f[:8], 16, 31)
	number, err2 := strconv.ParseUint(f[9:25], 16, 64)
	at, err3 := strconv.ParseUint(f[26:42], 16, 63)
	if err1 != nil || err2 != nil || err3 != nil || f[8] != ':' || f[25] != ':' || f[42] != ':' {
		return s, errNotOurs
	}
	return stamp{int(sender), number, time.Duration(at)}, nil
}

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
