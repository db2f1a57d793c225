package predict

// task is a piece of work in the list of the machine.
type task struct {
	number int // of a message to accept, or of a connection
	kind   taskKind
	since  float64 // when it was added
}

type taskKind uint8

const (
	taskAccept taskKind = iota
	taskWrite
	taskRead
)

// taskList is a list of tasks in their order.
type taskList struct {
	all  []task
	next int
}

func (l *taskList) empty() bool { return l.next == len(l.all) }

func (l *taskList) add(t task) { l.all = append(l.all, t) }

// take removes the first task.
func (l *taskList) take() task {
	t := l.all[l.next]
	l.next++
	if l.next > 1024 && l.next > len(l.all)/2 {
		l.all = append(l.all[:0], l.all[l.next:]...)
		l.next = 0
	}
	return t
}
