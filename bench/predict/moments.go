package predict

// moment is something that happens at a time.
type moment struct {
	at   float64
	what int // a worker, or an event
	kind int
}

// before reports whether a moment is the earlier one; at the same time by the order
// of kinds and numbers, so that a run does not depend on chance.
func (m moment) before(other moment) bool {
	switch {
	case m.at != other.at:
		return m.at < other.at
	case m.kind != other.kind:
		return m.kind < other.kind
	}
	return m.what < other.what
}

// moments are what will happen, in a heap: the next one is the first. container/heap
// would allocate each one.
type moments []moment

// add adds a moment.
func (m *moments) add(x moment) {
	*m = append(*m, x)
	all := *m
	i := len(all) - 1
	for i > 0 && x.before(all[(i-1)/2]) {
		all[i] = all[(i-1)/2]
		i = (i - 1) / 2
	}
	all[i] = x
}

// next removes the first moment.
func (m *moments) next() moment {
	all := *m
	first, x := all[0], all[len(all)-1]
	all = all[:len(all)-1]
	*m = all
	i := 0
	for {
		child := 2*i + 1
		if child+1 < len(all) && all[child+1].before(all[child]) {
			child++
		}
		if child >= len(all) || !all[child].before(x) {
			break
		}
		all[i] = all[child]
		i = child
	}
	if len(all) > 0 {
		all[i] = x
	}
	return first
}
