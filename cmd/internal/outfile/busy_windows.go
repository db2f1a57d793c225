package outfile

import (
	"errors"
	"syscall"
)

// Error numbers of a file that another program has open.
const (
	accessDenied     syscall.Errno = 5
	sharingViolation syscall.Errno = 32
)

// inUse reports whether an error may be that of a file that another program uses.
func inUse(err error) bool {
	return errors.Is(err, accessDenied) || errors.Is(err, sharingViolation)
}
