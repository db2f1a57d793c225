package apply

// pageSize is how many events share a page of a doneSet.
const pageSize = 1024

// doneSet holds which events of a stream are done: a few bytes for each page of
// 1024 of them, and one bit for each event of a page that is not full.
type doneSet struct {
	pages []donePage
	bits  map[int]*[pageSize / 64]uint64 // by page
	next  int                            // index after the last done event
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

// add adds an event that is not in the set.
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
	d.next = max(d.next, index+1)
}

// end returns the index after the last done event.
func (d *doneSet) end() int { return d.next }

// sum returns that of the page of an event.
func (d *doneSet) sum(index int) uint64 { return d.pages[index/pageSize].sum }
