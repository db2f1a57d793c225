package traffic

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Version is the version of recordings that Writer writes and Reader reads.
const Version = 1

// recordingType is the type of the first line of a recording.
const recordingType Type = "recording"

// MaxLine bounds a line of a recording, in bytes. An object with the largest
// payloads and headers is below it.
const MaxLine = 4 << 20

// Recording is the first line of a recording.
type Recording struct {
	Type    Type      `json:"type"`
	Version int       `json:"version"`
	Time    time.Time `json:"time"`
	// Source is the command that has recorded: emulator, listen or connect.
	Source string `json:"source"`
	// Program is the version of the program.
	Program string `json:"program,omitempty"`
	// Hub is the hub of a recording that has only one.
	Hub string `json:"hub,omitempty"`
}

// Writer writes a recording: a line with its version, then an object a line.
type Writer struct{ json *json.Encoder }

// NewWriter writes the first line. Type and Version of r are set here.
func NewWriter(w io.Writer, r Recording) (*Writer, error) {
	r.Type, r.Version = recordingType, Version
	x := &Writer{Encoder(w)}
	return x, x.json.Encode(r)
}

// Write writes an object.
func (w *Writer) Write(o *Object) error { return w.json.Encode(o) }

// Encoder returns an encoder of objects, one a line.
func Encoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}

// ErrNotRecording: the first line is not that of a recording.
var ErrNotRecording = errors.New("line 1 is not the first line of a recording of wps")

// VersionError is the error of a recording in another version.
type VersionError struct {
	Version int
	Program string // that has made it, if it says so
}

// Error implements error.
func (e *VersionError) Error() string {
	by := ""
	if e.Program != "" {
		by = " by wps " + Cut(e.Program)
	}
	return fmt.Sprintf("the recording has version %d%s, and this wps reads version %d", e.Version, by, Version)
}

// LineError is the error of one line of a recording. The lines before and after it
// are good.
type LineError struct {
	Line   int
	Reason string
}

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Reader reads a recording.
type Reader struct {
	Recording
	in   *bufio.Reader
	line int
}

// NewReader reads the first line. The error is ErrNotRecording, a *VersionError or
// that of r.
func NewReader(r io.Reader) (*Reader, error) {
	x := &Reader{in: bufio.NewReaderSize(r, 64<<10), line: 1}
	text, _, err := x.readLine()
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLongLine) {
		return nil, err
	}
	if json.Unmarshal(text, &x.Recording) != nil || x.Type != recordingType {
		return nil, ErrNotRecording
	}
	if x.Version != Version {
		return nil, &VersionError{x.Version, x.Program}
	}
	return x, nil
}

// Read returns the next object and its line. Empty lines are left out. The error is
// io.EOF at the end, a *LineError for a line that is no object, after which reading
// may go on, or that of the underlying reader.
func (r *Reader) Read() (*Object, int, error) {
	for {
		r.line++
		text, whole, err := r.readLine()
		switch {
		case errors.Is(err, errLongLine):
			return nil, r.line, &LineError{r.line, fmt.Sprintf("it is longer than %d bytes", MaxLine)}
		case err != nil && (!errors.Is(err, io.EOF) || len(text) == 0):
			return nil, r.line, err
		case len(bytes.TrimSpace(text)) == 0:
			continue
		}
		o := &Object{}
		if err := json.Unmarshal(text, o); err != nil {
			reason := "it is not an object of a recording"
			if !whole {
				reason = "it is cut off"
			}
			return nil, r.line, &LineError{r.line, reason}
		}
		if o.Type == "" {
			return nil, r.line, &LineError{r.line, "it has no type"}
		}
		return o, r.line, nil
	}
}

var errLongLine = errors.New("line too long")

// readLine returns a line without its end; whole reports that it has one. Of a line
// that is too long nothing is kept.
func (r *Reader) readLine() (text []byte, whole bool, err error) {
	long := false
	for {
		part, err := r.in.ReadSlice('\n')
		if len(text)+len(part) > MaxLine {
			text, long = nil, true
		}
		if !long {
			text = append(text, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case long:
			return nil, false, errLongLine
		}
		text, whole = bytes.CutSuffix(text, []byte("\n"))
		return text, whole, err
	}
}
