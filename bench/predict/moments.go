package predict

import "container/heap"

// moment is something that happens at a time.
type moment struct {
	at   float64
	what int // a worker, or an event
	kind int
}

// moments are what will happen, the next one first; at the same time in the order
// of their kinds and numbers, so that a run does not depend on chance.
type moments []moment

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (m moments) Len() int { return len(m) }

func (m moments) Less(i, j int) bool {
	a, b := m[i], m[j]
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.kind != b.kind:
		return a.kind < b.kind
	}
	return a.what < b.what
}

func (m moments) Swap(i, j int) { m[i], m[j] = m[j], m[i] }

func (m *moments) Push(x any) { *m = append(*m, x.(moment)) }

func (m *moments) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

func (m *moments) add(x moment) { heap.Push(m, x) }

func (m *moments) next() moment { return heap.Pop(m).(moment) }
