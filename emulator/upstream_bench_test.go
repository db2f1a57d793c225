package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// BenchmarkUserEvent is one user event of a JSON client, from its frame to the
// reply and the ack.
func BenchmarkUserEvent(b *testing.B) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set(protocol.HeaderAllowedOrigin, "*")
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		w.Write([]byte("re"))
	})
	web := httptest.NewServer(answer)
	defer web.Close()
	overHTTP := emulator.EventHandler{URLTemplate: web.URL, EventPattern: "*"}
	inProcess := emulator.EventHandler{Handler: answer, EventPattern: "*"}
	for _, bb := range []struct {
		name string
		h    emulator.EventHandler
	}{{"handler=http", overHTTP}, {"handler=in-process", inProcess}} {
		b.Run(bb.name, func(b *testing.B) {
			e := emulatortest.RunWith(b, emulator.Options{Hubs: hubs(bb.h)})
			c, _ := dialJSON(b, e, clientOptions{})
			frame := `{"type":"event","event":"e","dataType":"text","data":"hello"}`
			b.ReportAllocs()
			for b.Loop() {
				c.send(frame)
				c.expectText(`{"type":"message","from":"server","dataType":"text","data":"re"}`)
			}
		})
	}
}
