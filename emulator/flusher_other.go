//go:build !unix

package emulator

import (
	"errors"
	"net"
	"syscall"
)

// rawConn finds no socket that could be written to without waiting: goroutines
// of the queues write.
func rawConn(net.Conn) syscall.RawConn { return nil }

func writeNow(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
