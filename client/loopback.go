package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// ErrNotLoopback is the cause of an [UnreachableError] when LoopbackOnly is set
// and a host name resolves to another machine.
var ErrNotLoopback = errors.New("not an address of this machine")

// refuseOthers is a net.Dialer's Control that refuses all but loopback
// addresses. It sees the address that a name was resolved to, so no name server
// has to be trusted.
func refuseOthers(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is %w", address, ErrNotLoopback)
	}
	return nil
}

// DialLoopback opens a network connection to this machine. It returns
// [ErrNotLoopback] for every other address, whatever name resolved to it. It may
// be called concurrently.
func DialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout, Control: refuseOthers}
	return d.DialContext(ctx, network, address)
}
