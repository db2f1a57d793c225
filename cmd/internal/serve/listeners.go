// Package serve opens the addresses of the commands that serve HTTP, guards them
// against pages of other sites, and warns when other machines can reach them.
//
// It handles that localhost has two addresses. What is served is left to the
// commands, the rules for Host and Origin to internal/webguard.
//
//	listeners, err := serve.Listen(ctx, "localhost:9000", "--addr")
//	serve.WarnExposed(env.Out, listeners)
//	err = serve.HTTP(ctx, handler, listeners)
package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"wps/cmd/internal/cli"
	"wps/internal/idleconn"
	"wps/internal/reason"
)

// listenTries is how often Listen tries to find a port that is free on both loopback
// addresses.
const listenTries = 20

// Listen listens on addr, which the flag named flag sets. A number alone is a port
// of localhost. No host and "localhost" mean both loopback addresses, or the one that the machine has.
func Listen(ctx context.Context, addr, flag string) ([]net.Listener, error) {
	for try := 1; ; try++ {
		listeners, err := listenOnce(ctx, addr, flag)
		if _, port, _ := net.SplitHostPort(addr); !isInUse(err) || port != "0" || try == listenTries {
			return listeners, err
		}
	}
}

func listenOnce(ctx context.Context, addr, flag string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, cli.Usage(fmt.Sprintf("%s %q: %s", flag, addr, reason.Network(err)), "use host:port, such as localhost:8080")
	}
	hosts := []string{host}
	if host == "" || strings.EqualFold(host, "localhost") {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var config net.ListenConfig
	first, err := config.Listen(ctx, "tcp", net.JoinHostPort(hosts[0], port))
	if err != nil {
		return nil, explainListen(addr, host, flag, err)
	}
	listeners := []net.Listener{first}
	_, port, _ = net.SplitHostPort(first.Addr().String())
	for _, h := range hosts[1:] {
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort(h, port))
		switch {
		case err == nil:
			listeners = append(listeners, l)
		case isInUse(err): // requests to localhost could reach another program
			one := net.JoinHostPort(hosts[0], port)
			err = fmt.Errorf("listen on %s: %s: %w", addr, net.JoinHostPort(h, port), withoutAddress(err))
			err = cli.WithHint(err, fmt.Sprintf("stop the program that listens there, or listen on the other half of localhost with %s %s", flag, one))
			return nil, cli.JoinErrors(err, CloseAll(listeners))
		} // any other error: the machine has no IPv6
	}
	return listeners, nil
}

// isInUse reports whether an address is in use by another listener.
func isInUse(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaAddrInUse)
}

// withoutAddress returns err without the address, which its context names, and
// without the name of the system call.
func withoutAddress(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		return call.Err
	}
	return err
}

// CloseAll closes listeners.
func CloseAll(listeners []net.Listener) (err error) {
	for _, l := range listeners {
		err = cli.JoinErrors(err, l.Close())
	}
	return err
}

// Windows returns these instead of the values that package syscall has for
// EADDRINUSE and EADDRNOTAVAIL there. No other system has them.
const (
	wsaAddrInUse    syscall.Errno = 10048
	wsaAddrNotAvail syscall.Errno = 10049
)

// explainListen adds a hint to the error of an address that cannot be used.
func explainListen(addr, host, flag string, err error) error {
	free := fmt.Sprintf("use a free port with %s %s", flag, net.JoinHostPort(host, "0"))
	var refused syscall.Errno
	if !errors.As(err, &refused) {
		return cli.Usage(fmt.Sprintf("listen on %s: %s", addr, reason.Network(err)), "use an address of this machine and a port from 0 to 65535, such as localhost:8080")
	}
	err = fmt.Errorf("listen on %s: %w", addr, withoutAddress(err))
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, wsaAddrNotAvail):
		return cli.Usage(err.Error(), "use an address of this machine and a port from 0 to 65535, such as localhost:8080")
	case errors.Is(err, fs.ErrPermission):
		return cli.WithHint(err, "ports below 1024 need special privileges: "+free)
	}
	return cli.WithHint(err, "stop the program that listens there, or "+free)
}

// DisplayAddr returns the address to print for listeners on addr.
func DisplayAddr(addr string, listeners []net.Listener) string {
	host, _, _ := net.SplitHostPort(addr)
	actual, port, _ := net.SplitHostPort(listeners[0].Addr().String())
	switch {
	case host == "" || strings.EqualFold(host, "localhost"):
		host = "localhost"
	case net.ParseIP(actual).IsUnspecified():
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// HTTP serves until ctx ends, then lets running requests finish.
func HTTP(ctx context.Context, h http.Handler, listeners []net.Listener) error {
	web := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	idleconn.CloseAtShutdown(web)
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- web.Serve(l) }()
	}
	waiting := len(listeners)
	var err error
	select {
	case err = <-failed:
		waiting--
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if web.Shutdown(stop) != nil {
		web.Close()
	}
	for range waiting {
		<-failed
	}
	return err
}
