package cmd

import (
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"wps/emulator"
	"wps/protocol"
	"wps/token"
)

// maxSettings is the largest settings file that is read, in bytes.
const maxSettings = 1 << 20

// emulatorSettings is what a settings file says.
type emulatorSettings struct {
	handlers  []hubHandler
	anonymous []string // hubs
	key       string
	entra     bool
	urls      string // of the vendor's emulator: where it listens
}

// readEmulatorSettings reads a file in one of two forms: ours, which is YAML (or
// JSON) with the names of the service's own hub settings, and appsettings.json
// of the vendor's emulator, which has the same below WebPubSub. Names are
// compared without regard to case. An error is a usage error with the line.
func readEmulatorSettings(path string) (emulatorSettings, error) {
	f, err := os.Open(path)
	if err != nil {
		return emulatorSettings{}, &usageError{fmt.Sprintf("read the settings: %v", err), "--settings needs a file that can be read"}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	switch {
	case err != nil:
		return emulatorSettings{}, &usageError{fmt.Sprintf("read the settings: %v", err), "--settings needs a file that can be read"}
	case len(text) > maxSettings:
		return emulatorSettings{}, &usageError{fmt.Sprintf("%s: larger than %d bytes", path, maxSettings), "is it the right file?"}
	}
	return parseEmulatorSettings(path, text)
}

func parseEmulatorSettings(path string, text []byte) (emulatorSettings, error) {
	r := &settingsReader{file: path}
	root, err := r.parse(text)
	if err != nil {
		return r.s, err
	}
	return r.s, r.root(root)
}

// root reads the whole file. What else an appsettings.json holds belongs to
// others.
func (r *settingsReader) root(n *yaml.Node) error {
	all, err := r.entries(n, "the file")
	if err != nil {
		return err
	}
	for _, e := range all {
		if strings.EqualFold(e.key.Value, "WebPubSub") {
			r.vendor, n = true, e.value
		}
		if strings.EqualFold(e.key.Value, "Urls") {
			r.s.urls = e.value.Value
		}
	}
	what := "the file"
	if r.vendor {
		what = "WebPubSub"
	} else {
		r.s.urls = ""
	}
	m, err := r.members(n, what, "hubs", "accessKey", "allowUnvalidatedEntraTokens")
	if err != nil {
		return err
	}
	if r.s.key, err = r.text(m["accesskey"]); err != nil {
		return err
	}
	if r.s.key != "" {
		if err := token.CheckKey(r.s.key); err != nil {
			return r.fail(m["accesskey"], "leave it out for the public default key", "%v", err)
		}
	}
	if r.s.entra, err = r.yes(m["allowunvalidatedentratokens"]); err != nil {
		return err
	}
	hubs, err := r.entries(m["hubs"], "hubs")
	if err != nil {
		return err
	}
	for _, e := range hubs {
		if err := r.hub(e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

func (r *settingsReader) hub(key, n *yaml.Node) error {
	name := key.Value
	if err := protocol.CheckHub(name); err != nil && (name != emulator.AnyHub || r.vendor) {
		return r.fail(key, `"*" in quotes stands for every hub`, "%v", err)
	}
	m, err := r.members(n, "a hub", "eventHandlers", "eventListeners", "anonymousConnectPolicy")
	if err != nil {
		return err
	}
	if l := m["eventlisteners"]; !isNull(l) && len(l.Content) > 0 {
		return r.fail(l, "leave eventListeners out", "there is no Event Hub that an event listener could fill")
	}
	policy, err := r.text(m["anonymousconnectpolicy"])
	switch {
	case err != nil:
		return err
	case strings.EqualFold(policy, "allow"):
		r.s.anonymous = append(r.s.anonymous, name)
	case policy != "" && !strings.EqualFold(policy, "deny"):
		return r.fail(m["anonymousconnectpolicy"], "use allow or deny", "anonymousConnectPolicy %q is unknown", policy)
	}
	handlers, err := r.list(m["eventhandlers"], "eventHandlers")
	if err != nil {
		return err
	}
	for _, h := range handlers {
		if err := r.handler(name, target(h)); err != nil {
			return err
		}
	}
	return nil
}

func (r *settingsReader) handler(hub string, n *yaml.Node) error {
	if isNull(n) {
		return r.fail(n, settingsHint, "an event handler is missing")
	}
	m, err := r.members(n, "an event handler", "urlTemplate", "systemEvents", "userEventPattern", "eventPattern", "auth")
	if err != nil {
		return err
	}
	if a := m["auth"]; !isNull(a) {
		return r.fail(a, "leave auth out, or put a secret into the URL: ?code=...", "the emulator has no managed identity to sign in with")
	}
	var h emulator.EventHandler
	if h.URLTemplate, err = r.text(m["urltemplate"]); err != nil {
		return err
	}
	if h.SystemEvents, err = r.texts(m["systemevents"], "systemEvents"); err != nil {
		return err
	}
	pattern := m["usereventpattern"]
	if isNull(pattern) {
		pattern = m["eventpattern"]
	}
	names, err := r.texts(pattern, "userEventPattern")
	if err != nil {
		return err
	}
	h.EventPattern = strings.Join(names, ",")
	if !r.vendor && isNull(m["systemevents"]) && isNull(pattern) {
		h.SystemEvents, h.EventPattern = emulator.AllSystemEvents(), emulator.EveryEvent
	}
	if err := h.Check(); err != nil {
		return r.fail(n, settingsHint, "%v", err)
	}
	r.s.handlers = append(r.s.handlers, hubHandler{hub, h})
	return nil
}
