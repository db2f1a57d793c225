package inspector

import (
	"context"

	"wps/internal/feed"
	"wps/output"
	"wps/protocol/traffic"
	"wps/token"
)

// Backend is what an inspector shows and acts on. Its methods may be called
// concurrently.
type Backend interface {
	// Info describes the program. Its Run is set by the inspector.
	Info() Info
	// Follow follows the traffic; Find returns an object that is kept, or nil.
	Follow(feed.Options) (*feed.Follower, error)
	Find(id uint64) *traffic.Object
	// State returns the connections and counts, which are written as JSON; nil when
	// it has none.
	State() any
	// ConnectionString is that of the service.
	ConnectionString() token.ConnectionString
	// Service returns the service on which event objects of a hub are run.
	Service(hub string) (output.Service, error)
	// Curl returns the request for an event object as a curl command.
	Curl(ctx context.Context, hub string, ev output.Event) (string, error)
	// Resend sends an event to its handler again. The error says why it cannot.
	Resend(ctx context.Context, o *traffic.Object) (Answer, error)
}

// Kinds of Info.
const (
	KindEmulator = "emulator"
	KindListen   = "listen"
)

// Info describes the program that an inspector belongs to.
type Info struct {
	Kind     string    `json:"kind"`
	Version  string    `json:"version"`
	Run      string    `json:"run"`
	Endpoint string    `json:"endpoint"`
	Can      Abilities `json:"can"`
	Ring     int       `json:"ring"`
	Settings []Setting `json:"settings"`
	Hubs     []string  `json:"hubs"`
}

// Abilities say which parts of the page are of use.
type Abilities struct {
	Clients bool `json:"clients"`
	Send    bool `json:"send"`
	State   bool `json:"state"`
	Resend  bool `json:"resend"`
}

// Setting is a setting in force and where it comes from. It is no secret.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// Answer is that of a handler to an event that was sent again.
type Answer struct {
	OK           bool    `json:"ok"`
	Status       int     `json:"status,omitempty"`
	Milliseconds float64 `json:"milliseconds"`
	Reason       string  `json:"reason,omitempty"`
	*traffic.Payload
}
