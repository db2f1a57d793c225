//go:build !unix

package outbound

import (
	"errors"
	"net"
	"syscall"
)

// rawConn returns nil: no socket can be written to without waiting, so that
// goroutines of the queues write.
func rawConn(net.Conn) syscall.RawConn { return nil }

func writeNow(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
