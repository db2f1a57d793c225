package cmd

import (
	"net"
	"os"

	"github.com/spf13/pflag"

	"wps/internal/webguard"
)

// guardOptions are the flags of a server that say which host names and which
// pages it answers beside those of this machine.
type guardOptions struct {
	hosts   []string
	origins []string
}

func (o *guardOptions) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.hosts, "allow-host", nil, "answer requests to this host `name` too, such as that of a proxy or tunnel, \"*\" for all;\nmay be repeated (default: localhost, addresses, names without a dot, host.docker.internal)")
	f.StringArrayVar(&o.origins, "cors-origin", nil, "let pages of this `origin` use it, such as https://app.example, \"*\" for all;\nmay be repeated (default: pages of localhost)")
}

// guard returns the guard of a server on addr.
func (o *guardOptions) guard(addr string) (*webguard.Guard, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	g, err := webguard.New(o.names(addr), o.origins)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return g, nil
}

func (o *guardOptions) check() error {
	for _, host := range o.hosts {
		if err := webguard.CheckHost(host); err != nil {
			return usagef("--allow-host: %v", err)
		}
	}
	for _, origin := range o.origins {
		if err := webguard.CheckOrigin(origin); err != nil {
			return usagef("--cors-origin: %v", err)
		}
	}
	return nil
}

// names are the host names of a server on addr: those allowed, that of addr and
// that of this machine.
func (o *guardOptions) names(addr string) []string {
	names := append([]string(nil), o.hosts...)
	host, _, _ := net.SplitHostPort(addr)
	own, _ := os.Hostname() // without a name it is called by others
	for _, name := range []string{host, own} {
		if webguard.CheckHost(name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// risk is what other machines can do when they can reach a server.
type risk struct {
	present bool
	text    string // after "other machines can reach this port and"
}

// warnExposed warns of each risk when other machines can reach the listeners.
func warnExposed(out *printer, listeners []net.Listener, risks ...risk) {
	addr, ok := listeners[0].Addr().(*net.TCPAddr)
	if !ok || addr.IP.IsLoopback() {
		return
	}
	for _, r := range risks {
		if r.present {
			out.warn("other machines can reach this port and " + r.text)
		}
	}
}
