//go:build unix

package apply

import (
	"errors"
	"os"
	"syscall"
)

// lockFile locks a file for this process until it is closed.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return ErrJournalInUse
	case errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOLCK):
		return nil // a file system without locks, or a device
	}
	return err
}
