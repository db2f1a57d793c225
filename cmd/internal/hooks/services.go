package hooks

import (
	"strings"
	"sync"

	"wps/client"
	"wps/cmd/internal/service"
	"wps/output"
)

// maxServices bounds how many hubs a services remembers.
const maxServices = 100

// services makes the clients on which the event objects of hooks run, one for each
// hub.
type services struct {
	options Options

	mu    sync.Mutex
	byHub map[string]*client.Service // key: hub in lower case
}

func newServices(options Options) *services {
	return &services{options: options, byHub: map[string]*client.Service{}}
}

// forHub returns the client of a hub.
func (s *services) forHub(hub string) (output.Service, error) {
	hub = strings.ToLower(hub)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.byHub[hub]; known != nil {
		return known, nil
	}
	made, err := service.NewFor(s.options.Env, s.options.ConnectionString, hub, client.Options{Transport: s.options.Transport})
	if err != nil {
		return nil, err
	}
	if len(s.byHub) >= maxServices {
		clear(s.byHub)
	}
	s.byHub[hub] = made
	return made, nil
}
