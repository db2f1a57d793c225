package emulator_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/protocol"
)

// ledger is a handler that fails at random and counts what it answered well,
// by connection.
type ledger struct {
	mu     sync.Mutex
	random *rand.Rand                // nil: nothing fails
	good   map[string]map[string]int // connection, event
	ids    map[string]map[string]string
	tries  map[string]int // of an event, by its connection and id
	faults []string
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Method != http.MethodPost {
		w.Header().Set(protocol.HeaderAllowedOrigin, "*")
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c, id, event := r.Header.Get(protocol.HeaderConnectionID), r.Header.Get(protocol.HeaderID), r.Header.Get(protocol.HeaderEventName)
	if l.good[c] == nil {
		l.good[c], l.ids[c] = map[string]int{}, map[string]string{}
	}
	if was, again := l.ids[c][id]; again && was != event+string(body) {
		l.faults = append(l.faults, "id "+id+" of "+c+" was "+was+" and is "+event)
	}
	l.ids[c][id] = event + string(body)
	fault := 2
	if l.random != nil {
		fault = l.random.IntN(6)
	}
	switch fault {
	case 0:
		if event != "disconnected" { // those must arrive, sooner or later
			w.WriteHeader(http.StatusForbidden)
			return
		}
	case 1:
		if l.tries[c+id]++; l.tries[c+id] < 4 { // the last attempt succeeds
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
	}
	l.good[c][event]++
}

// TestChurn: many clients come, talk and go in every way while their handler
// fails now and then. Every accepted connection ends with one disconnected, ids
// stay with their events, and nothing is left running.
func TestChurn(t *testing.T) {
	t.Parallel()
	l := &ledger{random: rand.New(rand.NewPCG(1, 2)), good: map[string]map[string]int{}, ids: map[string]map[string]string{}, tries: map[string]int{}}
	inBubble(t, emulator.Options{Hubs: hubs(everything(l))}, func(t *testing.T, b *bubble) {
		var wg sync.WaitGroup
		for i := range 150 {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(3, uint64(i)))
				time.Sleep(time.Duration(random.IntN(30_000)) * time.Millisecond)
				c, _, err := b.dialTry(clientOptions{subprotocol: []string{protocol.SubprotocolJSON}})
				if err != nil {
					return // refused
				}
				c.ws.SetReadDeadline(time.Time{})
				_, hello, err := c.ws.ReadMessage()
				if err != nil {
					return
				}
				for n := range random.IntN(4) {
					c.ws.WriteMessage(websocket.TextMessage, []byte(event(n, "json", "1")))
				}
				switch random.IntN(4) {
				case 0:
					c.ws.NetConn().Close()
				case 1:
					b.rest("DELETE", "/connections/"+jsonOf(t, string(hello))["connectionId"].(string))
				case 2:
					c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
				}
				for { // until the service closes, or the test
					if _, _, err := c.ws.ReadMessage(); err != nil {
						return
					}
				}
			})
		}
		time.Sleep(5 * time.Minute)
		l.mu.Lock()
		l.random = nil // a closing server has no time for four attempts
		l.mu.Unlock()
		b.server.Close()
		wg.Wait()
		synctest.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		accepted := 0
		for c, events := range l.good {
			switch {
			case events["connect"] > 1 || events["connected"] > 1 || events["disconnected"] > 1:
				t.Errorf("connection %s: events answered more than once: %v", c, events)
			case events["connect"] == 1 && events["disconnected"] != 1:
				t.Errorf("connection %s was accepted and has not ended: %v %v", c, events, l.ids[c])
			case events["connect"] == 0 && len(events) > 0:
				t.Errorf("connection %s was refused and has events: %v", c, events)
			}
			accepted += events["connect"]
		}
		if len(l.faults) > 0 || accepted < 50 {
			t.Errorf("%d accepted, faults: %v", accepted, l.faults)
		}
	})
}
