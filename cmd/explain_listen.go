package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
)

// wsaAddrNotAvail is what Windows says instead of the number that package syscall
// has under the name EADDRNOTAVAIL there; no other system has it.
const wsaAddrNotAvail syscall.Errno = 10049

// explainListen adds the next step to an address that cannot be had, and drops
// the address that the error repeats.
func explainListen(addr, host, flag string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	free := fmt.Sprintf("take a free port with %s %s", flag, net.JoinHostPort(host, "0"))
	err = fmt.Errorf("listen on %s: %w", addr, err)
	var refused syscall.Errno
	switch {
	case !errors.As(err, &refused), errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, wsaAddrNotAvail):
		return &usageError{err.Error(), "use a host of this machine and a port from 0 to 65535, such as localhost:8080"}
	case errors.Is(err, fs.ErrPermission):
		return withHint(err, "ports below 1024 need special rights: "+free)
	}
	return withHint(err, "stop what listens there, or "+free)
}
