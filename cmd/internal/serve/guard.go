package serve

import (
	"net"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"wps/cmd/internal/cli"
	"wps/internal/webguard"
)

// GuardOptions are the flags of a server for the host names and origins that it
// accepts in addition to those of this machine.
type GuardOptions struct {
	hosts   []string
	Origins []string
}

// Register defines the flags.
func (o *GuardOptions) Register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.hosts, "allow-host", nil, "also accept requests to this host `name`, such as a proxy or tunnel; \"*\" for all;\nmay be repeated (default: localhost, addresses, names without a dot, host.docker.internal)")
	f.StringArrayVar(&o.Origins, "cors-origin", nil, "also accept requests from pages of this `origin`, such as https://app.example; \"*\" for all;\nmay be repeated (default: pages of localhost)")
}

// Guard returns the guard of a server on addr.
func (o *GuardOptions) Guard(addr string) (*webguard.Guard, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	g, err := webguard.New(o.HostNames(addr), o.Origins)
	if err != nil {
		return nil, cli.Usagef("%v", err)
	}
	return g, nil
}

// Check returns a usage error for a host or origin that cannot be allowed.
func (o *GuardOptions) Check() error {
	for _, host := range o.hosts {
		if err := webguard.CheckHost(host); err != nil {
			return cli.Usagef("--allow-host: %v", err)
		}
	}
	for _, origin := range o.Origins {
		if err := webguard.CheckOrigin(origin); err != nil {
			return cli.Usagef("--cors-origin: %v", err)
		}
	}
	return nil
}

// HostNames returns the host names of a server on addr: those of --allow-host, that
// of addr and that of this machine.
func (o *GuardOptions) HostNames(addr string) []string {
	names := append([]string(nil), o.hosts...)
	host, _, _ := net.SplitHostPort(addr)
	own, _ := os.Hostname() // "" on an error, which is no valid host
	for _, name := range []string{host, own} {
		if webguard.CheckHost(name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// Risk is something that other machines can do if they can reach a server.
type Risk struct {
	Present bool
	Text    string // follows "other machines can reach this port and"
}

// WarnExposed warns about each risk if other machines can reach the listeners.
func WarnExposed(out *cli.Printer, listeners []net.Listener, risks ...Risk) {
	exposed := slices.ContainsFunc(listeners, func(l net.Listener) bool {
		addr, ok := l.Addr().(*net.TCPAddr)
		return ok && !addr.IP.IsLoopback()
	})
	if !exposed {
		return
	}
	for _, r := range risks {
		if r.Present {
			out.Warn("other machines can reach this port and " + r.Text)
		}
	}
}
