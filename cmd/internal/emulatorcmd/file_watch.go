package emulatorcmd

import (
	"os"
	"time"
)

// watchInterval is the time between two looks at the settings files. A change is
// read when two looks in a row see the same files, so that what is being written is
// complete.
const watchInterval = 300 * time.Millisecond

// fileWatch notices that files were saved, also by an editor that renames.
type fileWatch struct {
	files []string
	read  []os.FileInfo // as they were when they were last read; nil: missing
	seen  []os.FileInfo // as they were at the last look
}

func newFileWatch(files []string) *fileWatch { return &fileWatch{files: files} }

// note remembers the files as they are: they are about to be read.
func (w *fileWatch) note() {
	w.read = w.look()
	w.seen = w.read
}

// changed reports whether the files are not those that were read, and are complete.
func (w *fileWatch) changed() bool {
	now := w.look()
	complete := same(w.seen, now)
	w.seen = now
	return complete && !same(w.read, now)
}

func (w *fileWatch) look() []os.FileInfo {
	all := make([]os.FileInfo, len(w.files))
	for i, file := range w.files {
		all[i], _ = os.Stat(file) // a file that cannot be seen is reported when it is read
	}
	return all
}

// same reports whether files have not been written or replaced between two looks.
func same(a, b []os.FileInfo) bool {
	for i, x := range a {
		y := b[i]
		if x == nil && y == nil {
			continue
		}
		if x == nil || y == nil || !os.SameFile(x, y) || x.Size() != y.Size() || !x.ModTime().Equal(y.ModTime()) {
			return false
		}
	}
	return true
}
