package emulator

// members is an unordered set of connections that is quick to iterate over.
type members struct {
	list []*conn
	at   map[*conn]int // only when the list is long
}

// longList is the size above which a set has an index; below, searching the list
// costs less than the map's memory.
const longList = 16

func (m *members) find(c *conn) int {
	if m.at != nil {
		if i, ok := m.at[c]; ok {
			return i
		}
		return -1
	}
	for i, x := range m.list {
		if x == c {
			return i
		}
	}
	return -1
}

func (m *members) add(c *conn) {
	if m.find(c) >= 0 {
		return
	}
	m.list = append(m.list, c)
	if m.at != nil {
		m.at[c] = len(m.list) - 1
		return
	}
	if len(m.list) > longList {
		m.at = make(map[*conn]int, 2*longList)
		for i, x := range m.list {
			m.at[x] = i
		}
	}
}

func (m *members) remove(c *conn) {
	i := m.find(c)
	if i < 0 {
		return
	}
	last := len(m.list) - 1
	m.list[i] = m.list[last]
	m.list[last] = nil
	m.list = m.list[:last]
	if m.at != nil {
		delete(m.at, c)
		if i < last {
			m.at[m.list[i]] = i
		}
	}
}
