package trigger

import "strconv"

// ReadWorkerLine reads the answer of a worker to the event with this id.
func ReadWorkerLine(ev *Event, id uint64, line []byte) (Answer, error) {
	got, members, err := splitWorkerLine(line)
	switch {
	case err != nil:
		return Answer{}, err
	case got != strconv.FormatUint(id, 10):
		return Answer{}, noSuchID(id, line)
	case len(members) == 0:
		return Answer{}, nil
	}
	return parseMembers(ev, members)
}
