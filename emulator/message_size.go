package emulator

import "wps/protocol"

// fits reports whether m, as a client of kind k receives it, fits into a queue in
// which nothing waits. An answer of a handler may be too large for that: a client
// that has done nothing wrong would be closed as too slow.
func (m *message) fits(k kind) bool {
	switch {
	case len(m.response.Data) < protocol.MaxQueuedBytes/8: // an encoding makes six bytes of one at most
		return true
	case m.leastSize(k) > protocol.MaxQueuedBytes: // without encoding what is much too large
		return false
	}
	return len(m.item(k).Bytes) <= protocol.MaxQueuedBytes
}

// leastSize returns a size that the encoding of m does not stay below.
func (m *message) leastSize(k kind) int {
	data := m.response.Data
	size := len(data)
	if k != kindJSON && k != kindReliableJSON {
		return size
	}
	switch m.response.DataType {
	case protocol.DataTypeBinary, protocol.DataTypeProtobuf:
		return size / 3 * 4
	case protocol.DataTypeText:
		for _, b := range data {
			switch {
			case b == '"' || b == '\\' || b >= '\b' && b <= '\r' && b != '\v':
				size++
			case b < ' ':
				size += len(`u0000`)
			}
		}
	}
	return size
}
