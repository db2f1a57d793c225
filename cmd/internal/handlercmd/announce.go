package handlercmd

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/serve"
	wire "wps/protocol/tunnel"
	"wps/token"
)

// announce writes the ready file, then prints where events are received. They are by
// then.
func (l *listener) announce(listeners []net.Listener) error {
	addresses := l.addresses(listeners)
	if err := l.o.ready.Write(l.readyText(addresses["url"])); err != nil {
		return err
	}
	out := l.env.Out
	if out.JSON() {
		if len(listeners) == 0 && l.page == nil {
			return nil // each tunnel has printed that it is open
		}
		return out.PrintJSON(addresses)
	}
	if len(listeners) > 0 {
		out.Say("listening for events: %s", out.StderrColors.Name(addresses["url"]))
	}
	if l.negotiate != nil {
		out.Say("negotiate endpoint: %s", out.StderrColors.Name(addresses["negotiate"]))
	}
	if l.page != nil {
		out.Say("page: %s", l.page.address)
	}
	l.announceTunnels()
	out.Say("ready; Ctrl-C stops it")
	return nil
}

// addresses returns what is announced of the HTTP endpoint, if there is one.
func (l *listener) addresses(listeners []net.Listener) map[string]string {
	addresses := map[string]string{"type": "listening"}
	if l.page != nil {
		addresses["page"] = l.page.address
	}
	if len(listeners) == 0 {
		return addresses
	}
	u := &url.URL{Scheme: "http", Host: serve.DisplayAddr(l.o.addr, listeners), Path: l.o.path}
	if l.o.certFile != "" {
		u.Scheme = "https"
	}
	addresses["url"] = u.String()
	if l.negotiate != nil {
		n := *u
		n.Path = l.o.negotiatePath
		addresses["negotiate"] = n.String()
	}
	return addresses
}

// readyText returns the text of the ready file: the URL of the HTTP endpoint, else
// that of the first tunnel.
func (l *listener) readyText(address string) string {
	if address != "" || l.tunnels == nil {
		return address
	}
	return l.tunnels.each[0].client.URL()
}

// isReadyLine reports whether a line is one that readyText returns.
func isReadyLine(line string) bool {
	return cli.IsLineOfURL(line) || strings.HasPrefix(line, "ws://") || strings.HasPrefix(line, "wss://")
}

// announceTunnels says which tunnels are open, and how their hubs learn of them.
func (l *listener) announceTunnels() {
	if l.tunnels == nil {
		return
	}
	out := l.env.Out
	for _, one := range l.tunnels.each {
		out.Say("tunnel of hub %s is open: %s", one.hub, out.StderrColors.Name(l.cs.Endpoint.Host))
	}
	what := "events arrive once a hub has this event handler (\"update\" instead of \"create\" if it has settings):"
	if token.IsLoopbackHost(l.cs.Endpoint.Host) {
		what = "events arrive if the emulator has this event handler:"
	}
	out.Say("%s", what)
	for _, one := range l.tunnels.each {
		out.Say("  %s", registration(l.cs, one.hub, l.o.path, l.o.hooks.Wanted(one.hub, l.env.Settings.HubFlag)))
	}
}

// defaultTunnelPath is the path of the URL template without --path.
const defaultTunnelPath = "/eventhandler"

// registration returns the command that makes a service send the events of a hub
// through its tunnels.
func registration(cs token.ConnectionString, hub, path string, w hooks.Wanted) string {
	if path == "" {
		path = defaultTunnelPath
	}
	template := strings.TrimSuffix(wire.Scheme, "/") + path
	if token.IsLoopbackHost(cs.Endpoint.Host) {
		return "wps emulator --handler " + cli.ShellWord(hub+"="+template)
	}
	name, domain, _ := strings.Cut(cs.Endpoint.Hostname(), ".")
	if !strings.HasPrefix(domain, "webpubsub.azure.") {
		name = "NAME" // a domain of the user's own does not say it
	}
	words := []string{fmt.Sprintf("az webpubsub hub create --name %s --resource-group RESOURCE_GROUP --hub-name %s --event-handler url-template=%q",
		cli.ShellWord(name), cli.ShellWord(hub), template)}
	if len(w.User) > 0 {
		words = append(words, fmt.Sprintf("user-event-pattern=%q", strings.Join(w.User, ",")))
	}
	for _, event := range w.System {
		words = append(words, fmt.Sprintf("system-event=%q", event))
	}
	return strings.Join(words, " ")
}
