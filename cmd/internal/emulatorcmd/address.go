package emulatorcmd

import (
	"context"
	"fmt"
	"net"
	"strings"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/serve"
	"wps/cmd/internal/stdio"
)

// place is where an emulator listens.
type place struct {
	addrs []string // HOST:PORT; the first is that of the connection string
	tls   bool
}

// place returns where to listen: as the flags say, else as the settings do. A command
// gets a free port unless a flag says otherwise.
func (o *options) place(out *cli.Printer, command bool) (place, error) {
	switch {
	case o.addr != "" && o.urls != "":
		return place{}, cli.Usagef("--addr and --urls exclude each other")
	case o.addr != "":
		return place{[]string{o.addr}, o.tls}, nil
	case o.urls != "":
		return o.placeOfFlag()
	case o.settings.URLs != "" && !command:
		return o.placeOfSettings(out)
	}
	if o.settings.URLs != "" && !isHostVariable(o.settings.URLsFrom) {
		out.Warn(fmt.Sprintf("%s is not used with -- COMMAND, which gets a free port: add --addr or --urls", o.urlsSource()))
	}
	if command {
		return place{[]string{"localhost:0"}, o.tls}, nil
	}
	return place{[]string{"localhost:8080"}, o.tls}, nil
}

// isHostVariable reports whether URLs are of a variable that is meant for the command
// as much as for the emulator.
func isHostVariable(from string) bool { return strings.HasSuffix(from, "_URLS") }

// urlsSource names the URLs of the settings.
func (o *options) urlsSource() string {
	if name, ok := strings.CutPrefix(o.settings.URLsFrom, "$"); ok {
		return fmt.Sprintf("$%s (%s)", name, stdio.Clean(o.settings.URLs))
	}
	return fmt.Sprintf("Urls in %s (%s)", o.settings.URLsFrom, stdio.Clean(o.settings.URLs))
}

// placeOfFlag returns the place that --urls sets.
func (o *options) placeOfFlag() (place, error) {
	plain, secure, err := splitURLs(o.urls)
	const hint = "use one or more URLs such as http://localhost:5000, with semicolons between"
	switch {
	case err != nil:
		return place{}, cli.Usage(fmt.Sprintf("--urls: %v", err), hint)
	case len(plain) > 0 && len(secure) > 0:
		return place{}, cli.Usage("--urls: an emulator serves either http or https", "start a second one for the other")
	case len(plain) > 0 && o.tls:
		return place{}, cli.Usage("--urls has http, and --tls is set", "write https in --urls, or omit --tls")
	case len(secure) > 0:
		return place{secure, true}, nil
	}
	return place{plain, false}, nil
}

// placeOfSettings returns the place that the settings say, and warns of what of it
// is not used.
func (o *options) placeOfSettings(out *cli.Printer) (place, error) {
	plain, secure, err := splitURLs(o.settings.URLs)
	switch {
	case err != nil:
		return place{}, cli.Usage(fmt.Sprintf("%s: %v", o.urlsSource(), err), "correct it, or set --addr HOST:PORT, which outranks it")
	case len(plain) == 0 || len(secure) > 0 && o.tls:
		plain, secure = secure, nil
		o.tls = true
	case len(secure) > 0:
		out.Warn(fmt.Sprintf("%s: only http is served; https with --tls", o.urlsSource()))
	}
	out.Say("listening as %s says", o.urlsSource())
	return place{plain, o.tls}, nil
}

// splitURLs returns the addresses of the URLs of ASP.NET, with http and with https.
//
// Source: the documentation of ASP.NET, "Set the URLs for an app": semicolons are
// between URLs; * and + are every address; the default port is that of the scheme.
func splitURLs(text string) (plain, secure []string, err error) {
	for one := range strings.SplitSeq(text, ";") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		addr, isSecure, err := addressOfURL(one)
		switch {
		case err != nil:
			return nil, nil, err
		case isSecure:
			secure = append(secure, addr)
		default:
			plain = append(plain, addr)
		}
	}
	if len(plain)+len(secure) == 0 {
		return nil, nil, fmt.Errorf("%q has no URL", stdio.Clean(text))
	}
	return plain, secure, nil
}

// addressOfURL returns HOST:PORT of one URL.
func addressOfURL(text string) (addr string, secure bool, err error) {
	shown := stdio.Clean(text)
	scheme, rest, found := strings.Cut(text, "://")
	secure = strings.EqualFold(scheme, "https")
	rest = strings.TrimSuffix(rest, "/")
	switch {
	case !found || !secure && !strings.EqualFold(scheme, "http"):
		return "", false, fmt.Errorf("%q must begin with http:// or https://", shown)
	case strings.HasPrefix(strings.ToLower(rest), "unix:"), strings.HasPrefix(strings.ToLower(rest), "pipe:"):
		return "", false, fmt.Errorf("%q: sockets and pipes are not supported", shown)
	case strings.ContainsAny(rest, "/?#@ "):
		return "", false, fmt.Errorf("%q: only a host and a port may follow http://", shown)
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		if host, port = strings.Trim(rest, "[]"), "80"; secure {
			port = "443"
		}
	}
	if host == "*" || host == "+" {
		host = "0.0.0.0"
	}
	if host == "" || port == "" || strings.Contains(host, ":") && net.ParseIP(host) == nil {
		return "", false, fmt.Errorf("%q has no valid host and port", shown)
	}
	return net.JoinHostPort(host, port), secure, nil
}

// listen listens on all addresses of a place. addr is that which cannot be used.
func (p place) listen(ctx context.Context) (all []net.Listener, addr string, err error) {
	for _, addr := range p.addrs {
		some, err := serve.Listen(ctx, addr, "--addr")
		if err != nil {
			return nil, addr, cli.JoinErrors(err, serve.CloseAll(all))
		}
		all = append(all, some...)
	}
	return all, "", nil
}

// hostNames returns the host names of an emulator at a place.
func (p place) hostNames(o *serve.GuardOptions) (names []string) {
	for _, addr := range p.addrs {
		names = append(names, o.HostNames(addr)...)
	}
	return names
}
