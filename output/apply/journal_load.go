package apply

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// journalMark begins every journal; the purpose follows on the same line.
const journalMark = "wps journal 1: "

// maxRecord bounds a line of a journal, its first one included, in bytes.
const maxRecord = 4096

// journalHead is the first line. Of a purpose that has no room in it, such as one
// with a long filter, a sum stands for the rest.
func journalHead(purpose string) string {
	head := journalMark + strings.ReplaceAll(purpose, "\n", " ")
	if len(head)+len("\n") > maxRecord {
		head = fmt.Sprintf("%s... (sha256 %x)", strings.ToValidUTF8(head[:maxRecord/4], ""), sha256.Sum256([]byte(head)))
	}
	return head + "\n"
}

// load reads the journal and gives where its last whole record ends; 0 for a
// new one. What comes behind that is a record that was cut off.
func (j *Journal) load(purpose string) (end int64, err error) {
	in := bufio.NewReaderSize(j.file, maxRecord)
	head, err := in.ReadSlice('\n')
	switch {
	case err == io.EOF && strings.HasPrefix(journalHead(purpose), string(head)):
		return 0, nil // new, or cut off before anything was done
	case err == io.EOF || err == bufio.ErrBufferFull:
		return 0, ErrNoJournal
	case err != nil:
		return 0, bare(err)
	case !strings.HasPrefix(string(head), journalMark):
		return 0, ErrNoJournal
	case string(head) != journalHead(purpose):
		of := func(head string) string { return strings.TrimSpace(strings.TrimPrefix(head, journalMark)) }
		return 0, fmt.Errorf("%w: it is of %s, this is %s", ErrForeignJournal, of(string(head)), of(journalHead(purpose)))
	}
	end = int64(len(head))
	for line := 2; ; line++ {
		record, err := in.ReadSlice('\n')
		if err == io.EOF {
			return end, nil
		}
		if err != nil && err != bufio.ErrBufferFull {
			return 0, bare(err)
		}
		index, sum, ok := parseRecord(string(record))
		if !ok {
			return end, j.damage(in, record, line)
		}
		end += int64(len(record))
		if !j.done.has(index) {
			j.done.add(index, sum)
			j.known++
		}
	}
}

// damage gives the error for what is no record. Zeros up to the end are what some
// file systems leave of records that had not reached the disk when the machine
// failed: they count as cut off.
func (j *Journal) damage(in *bufio.Reader, record []byte, line int) error {
	for len(record) > 0 && bytes.Count(record, []byte{0}) == len(record) {
		var err error
		record, err = in.ReadSlice('\n')
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return bare(err)
		}
	}
	if len(record) == 0 {
		return nil
	}
	return fmt.Errorf("%w: line %d is no record", ErrDamagedJournal, line)
}

// maxIndex bounds the index of a record, so that a damaged one cannot demand
// memory without end: the set of done events takes 16 bytes for 1024 of them.
const maxIndex = 1 << 32

func parseRecord(s string) (index int, sum uint64, ok bool) {
	s, ended := strings.CutSuffix(s, "\n")
	fields := strings.Split(s, " ")
	if !ended || len(fields) != 3 {
		return 0, 0, false
	}
	index, errIndex := strconv.Atoi(fields[0])
	_, errLine := strconv.Atoi(fields[1])
	sum, errSum := strconv.ParseUint(fields[2], 16, 64)
	return index, sum, errIndex == nil && errLine == nil && errSum == nil && index >= 0 && int64(index) < maxIndex
}

// pageSize is how many events share a page of a doneSet.
const pageSize = 1024

// doneSet holds which events of a stream are done: some bytes for a page of
// 1024 of them, and one bit for each event of a page that has gaps.
type doneSet struct {
	pages []donePage
	bits  map[int]*[pageSize / 64]uint64 // by page
	last  int                            // index behind the last one
}

type donePage struct {
	count uint16
	sum   uint64 // of the sums of its events
}

func (d *doneSet) has(index int) bool {
	page := index / pageSize
	switch {
	case page >= len(d.pages) || d.pages[page].count == 0:
		return false
	case d.pages[page].count == pageSize:
		return true
	}
	i := index % pageSize
	return d.bits[page][i/64]>>(i%64)&1 == 1
}

// add puts in an event that is not there yet.
func (d *doneSet) add(index int, sum uint64) {
	page, i := index/pageSize, index%pageSize
	for len(d.pages) <= page {
		d.pages = append(d.pages, donePage{})
	}
	p := &d.pages[page]
	if p.count == 0 {
		if d.bits == nil {
			d.bits = map[int]*[pageSize / 64]uint64{}
		}
		d.bits[page] = new([pageSize / 64]uint64)
	}
	d.bits[page][i/64] |= 1 << (i % 64)
	p.sum += sum
	if p.count++; p.count == pageSize {
		delete(d.bits, page)
	}
	d.last = max(d.last, index+1)
}

// end is the index behind the last event.
func (d *doneSet) end() int { return d.last }

// sum is that of the page of an event.
func (d *doneSet) sum(index int) uint64 { return d.pages[index/pageSize].sum }
