package bench

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MinSize is the smallest message, in bytes: it has the number of the sender, its
// own number, and when it was due.
const MinSize = markSize

const (
	mark     = "wps-bench:"
	markSize = len(mark) + 8 + 1 + 16 + 1 + 16 + 1
)

// stamp is the content of a message of a run.
type stamp struct {
	sender int
	number uint64        // from 1, for each sender
	at     time.Duration // since the start of the run
}

// message returns a message of size bytes.
func (s stamp) message(size int) []byte {
	b := make([]byte, 0, max(size, markSize))
	b = fmt.Appendf(b, "%s%08x:%016x:%016x:", mark, s.sender, s.number, uint64(s.at))
	for len(b) < size {
		b = append(b, '.')
	}
	return b
}

// errNotOurs is the error of a message that this run has not sent.
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
