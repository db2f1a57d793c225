package client

// NewTransport is the default transport.
var NewTransport = newTransport
