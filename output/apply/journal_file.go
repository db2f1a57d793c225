package apply

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// journalMark begins every journal; the purpose follows on the same line.
const journalMark = "wps journal 1: "

// maxRecord bounds a line of a journal, the first included, in bytes.
const maxRecord = 4096

// journalHead returns the first line. A purpose that does not fit, such as one with
// a long filter, is cut and replaced by its checksum.
func journalHead(purpose string) string {
	head := journalMark + strings.ReplaceAll(purpose, "\n", " ")
	if len(head)+len("\n") > maxRecord {
		head = fmt.Sprintf("%s... (sha256 %x)", strings.ToValidUTF8(head[:maxRecord/4], ""), sha256.Sum256([]byte(head)))
	}
	return head + "\n"
}

// load reads the journal and returns where its last whole record ends; 0 for a
// new one. What follows is a record that was cut off.
func (j *Journal) load(purpose string) (end int64, err error) {
	in := bufio.NewReaderSize(j.file, maxRecord)
	end, err = loadHead(in, journalHead(purpose))
	if err != nil || end == 0 {
		return 0, err
	}
	for line := 2; ; line++ {
		record, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, withoutPath(err)
		}
		index, sum, ok := parseRecord(string(record))
		if !ok {
			return end, checkDamage(in, record, line)
		}
		end += int64(len(record))
		if !j.done.has(index) {
			j.done.add(index, sum)
			j.known++
		}
	}
}

// loadHead reads the first line, which must be want, and returns its length; 0 for
// a journal that is new, or that was cut off before anything was done.
func loadHead(in *bufio.Reader, want string) (end int64, err error) {
	b, err := in.ReadSlice('\n')
	head := string(b)
	switch {
	case errors.Is(err, io.EOF) && strings.HasPrefix(want, head):
		return 0, nil
	case errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull):
		return 0, ErrNoJournal
	case err != nil:
		return 0, withoutPath(err)
	case !strings.HasPrefix(head, journalMark):
		return 0, ErrNoJournal
	case head != want:
		purpose := func(head string) string { return strings.TrimSpace(strings.TrimPrefix(head, journalMark)) }
		return 0, fmt.Errorf("%w: it is of %s, this is %s", ErrForeignJournal, purpose(head), purpose(want))
	}
	return int64(len(head)), nil
}

// checkDamage returns the error for a line that is no record. The beginning of a
// record, or nothing, with zeros after it up to the end of the file is what some
// file systems leave of records that had not reached the disk when the machine
// failed: it counts as a record that was cut off.
func checkDamage(in *bufio.Reader, line []byte, number int) error {
	damaged := fmt.Errorf("%w: line %d is not a record", ErrDamagedJournal, number)
	record, zeros := bytes.TrimRight(line, "\x00"), bytes.HasSuffix(line, []byte{0})
	if !zeros || len(bytes.Trim(record, "0123456789abcdef ")) > 0 {
		return damaged
	}
	for {
		more, err := in.ReadSlice('\n')
		switch {
		case len(bytes.Trim(more, "\x00")) > 0:
			return damaged
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return withoutPath(err)
		}
	}
}

// Bounds of a journal. A damaged or huge one cannot demand unlimited memory or time:
// the set of done events takes 16 bytes for 1024 of them.
const (
	// MaxJournalEvents is how many events of a stream a journal records.
	MaxJournalEvents = 100_000_000
	// maxJournalSize is the size of a full journal: two numbers, a checksum, two
	// blanks and the end of line are at most 48 bytes.
	maxJournalSize = maxRecord + 48*MaxJournalEvents
)

func parseRecord(s string) (index int, sum uint64, ok bool) {
	s, ended := strings.CutSuffix(s, "\n")
	fields := strings.Split(s, " ")
	if !ended || len(fields) != 3 {
		return 0, 0, false
	}
	index, errIndex := strconv.Atoi(fields[0])
	_, errLine := strconv.Atoi(fields[1])
	sum, errSum := strconv.ParseUint(fields[2], 16, 64)
	return index, sum, errIndex == nil && errLine == nil && errSum == nil && index >= 0 && index < MaxJournalEvents
}

// appendRecord appends one record: index, line and sum.
func appendRecord(b []byte, index, line int, sum uint64) []byte {
	b = strconv.AppendInt(b, int64(index), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(line), 10)
	b = append(b, ' ')
	b = strconv.AppendUint(b, sum, 16)
	return append(b, '\n')
}

// eventSum returns a checksum of an event object and its place in the stream.
func eventSum(index int, raw []byte) uint64 {
	h := sha256.New()
	var place [8]byte
	binary.BigEndian.PutUint64(place[:], uint64(index))
	h.Write(place[:])
	h.Write(raw)
	return binary.BigEndian.Uint64(h.Sum(nil))
}
