package emulator_test

import (
	"io"
	"net/http"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// TestInvoke: the event handler's answer to an invocation is its response, and
// no message; a failed one says so, and the client goes on.
func TestInvoke(t *testing.T) {
	t.Parallel()
	h := &handler{reply: func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get(protocol.HeaderEventName) {
		case "sum":
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-WebPubSub-Metadata-K", r.Header.Get("X-WebPubSub-Metadata-K"))
			io.WriteString(w, `{"sum": 3}`)
		case "fail":
			w.WriteHeader(http.StatusBadRequest)
		}
	}}
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(everything(h))})
	for _, s := range []string{protocol.SubprotocolJSON, protocol.SubprotocolJSONReliable} {
		c := dial(t, e, clientOptions{subprotocol: offer(s)})
		c.object()
		c.send(`{"type":"invoke","invocationId":"1","target":"event","event":"sum","data":[1,2],"metadata":{"K":"v"}}`)
		c.expectText(`{"type":"invokeResponse","invocationId":"1","success":true,"metadata":{"k":"v"},"dataType":"json","data":{"sum": 3}}`)
		if g := lastOf(h.events(), "sum"); g.body != "[1,2]" || g.Header.Get("Content-Type") != "application/json" {
			t.Errorf("the handler got %q, %q", g.Header.Get("Content-Type"), g.body)
		}
		c.send(`{"type":"invoke","invocationId":"2","target":"event","event":"fail"}`)
		c.expectText(`{"type":"invokeResponse","invocationId":"2","success":false,"error":{"name":"InternalServerError","message":"Internal server error"}}`)
		c.send(`{"type":"invoke","invocationId":"2","target":"event","event":"quiet"}`)
		c.expectText(`{"type":"invokeResponse","invocationId":"2","success":true}`)
		c.send(`{"type":"cancelInvocation","invocationId":"2"}`)
		c.silent()
	}
	p := dial(t, e, clientOptions{subprotocol: offer(protocol.SubprotocolProtobuf)})
	p.read()
	p.sendHex("520D 0A0373756D 120131 1A03 220131")
	p.expectHex("2A1A 0A0131 1001 1A0C 220A 7B2273756D223A20337D 2A05 0A016B 1200")
}

// lastOf returns the last event of a name; connected may come later than those that
// somebody waits for.
func lastOf(events []got, name string) (last got) {
	for _, g := range events {
		if g.Header.Get(protocol.HeaderEventName) == name {
			last = g
		}
	}
	return last
}

// TestInvokeUnhandled: without an event handler an invocation fails.
func TestInvokeUnhandled(t *testing.T) {
	t.Parallel()
	c, _ := dialJSON(t, emulatortest.Run(t), clientOptions{})
	c.send(`{"type":"invoke","invocationId":"1","target":"event","event":"e","dataType":"text","data":"x"}`)
	c.expectText(`{"type":"invokeResponse","invocationId":"1","success":false,"error":{"name":"InternalServerError","message":"Internal server error"}}`)
	c.silent()
}
