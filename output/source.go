package output

// Source is a stream of event objects. It is not safe for concurrent use.
type Source interface {
	// Read returns the bytes of the next object, valid until the next call, and its
	// line. The error is a *LineError for an object that cannot be read, and io.EOF
	// at the end.
	Read() (raw []byte, line int, err error)
	// Decode returns the event of the bytes that Read has returned last, after
	// checking it. The error is a *FaultError.
	Decode(raw []byte) (Event, error)
}
