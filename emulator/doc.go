// Package emulator is a Web PubSub service in memory: the REST operations and
// the client WebSocket endpoint, with the statuses, texts and order of the real
// service. It is an http.Handler, so that a test starts it in one line.
//
//	s, err := emulator.New(emulator.Options{})
//	ts := httptest.NewServer(s)
//	defer s.Close()
//
// It keeps nothing on disk and connects to nothing but its event handlers. What
// it lacks is answered with 501 and a body that says so.
//
// A message enters as a frame of a client (link, conn, clientProtocol) or a REST
// request (restRequest). hub.sendTo passes it to the connections of its target;
// conn.sendMessage encodes it once for each kind of client and pushes it to the
// queue of the connection's transport, which the package outbound writes. An
// event takes the way of conn.ask: eventSource, then a carrier, which calls a
// handler over HTTP or in this process.
//
// Locks are locked in this order: replay.handling, hub.mu, then replay.mu or
// eventSource.mu, then those of the queue and the feed. Only replay.handling,
// which keeps the messages of a client in order, is held while a handler is
// called.
//
// It is one package because hubs, connections, REST and events share one state
// under one lock for each hub; what needs none of it is in the packages below.
package emulator
