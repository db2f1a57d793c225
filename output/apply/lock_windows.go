package apply

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks a file for this process until it is closed. Windows locks a range
// of bytes against reading too, so the range is far after the end.
func lockFile(f *os.File) error {
	afterEnd := &windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, afterEnd)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrJournalInUse
	}
	return err
}
