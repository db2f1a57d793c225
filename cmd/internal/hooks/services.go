package hooks

import (
	"net/http"
	"strings"
	"sync"

	"wps/client"
	"wps/cmd/internal/service"
	"wps/output"
)

// maxServices bounds how many hubs a services remembers.
const maxServices = 100

// services makes the clients on which the event objects of hooks run, one for each
// hub. They share a transport.
type services struct {
	options   Options
	transport http.RoundTripper
	own       *http.Transport // the transport if it was made here, to be closed; else nil

	mu    sync.Mutex
	byHub map[string]*client.Service // key: hub in lower case
}

// newServices returns services that keep idle connections for so many hooks.
func newServices(options Options, concurrency int) *services {
	s := &services{options: options, transport: options.Transport, byHub: map[string]*client.Service{}}
	if s.transport == nil {
		pool, _ := options.Env.Settings.RootCAs() // the first client returns its error
		s.own = client.NewTransport(client.Options{IdleConns: concurrency, RootCAs: pool})
		s.transport = s.own
	}
	return s
}

// forHub returns the client of a hub.
func (s *services) forHub(hub string) (output.Service, error) {
	hub = strings.ToLower(hub)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.byHub[hub]; known != nil {
		return known, nil
	}
	made, err := service.NewFor(s.options.Env, s.options.ConnectionString, hub, client.Options{Transport: s.transport})
	if err != nil {
		return nil, err
	}
	if len(s.byHub) >= maxServices {
		clear(s.byHub)
	}
	s.byHub[hub] = made
	return made, nil
}

// close closes the idle connections.
func (s *services) close() {
	if s.own != nil {
		s.own.CloseIdleConnections()
	}
}
