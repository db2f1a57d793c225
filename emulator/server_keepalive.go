package emulator

import (
	"time"

	"wps/emulator/internal/outbound"
)

// defaultKeepAlive is the service's default; a client that stays silent for
// maxSilentRounds of it is cut off.
//
// Source: product documentation, hub setting webSocketKeepAliveIntervalInSeconds.
const (
	defaultKeepAlive = 20 * time.Second
	maxSilentRounds  = 3
)

// startPinging starts pingClients unless it runs or is turned off. The caller is
// one that Close waits for.
func (s *Server) startPinging() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pinging && s.keepAlive > 0 {
		s.pinging = true
		s.life.run(s.pingClients)
	}
}

// pingClients pings every client at each interval until the server closes or
// has no connection left.
func (s *Server) pingClients() {
	tick := time.NewTicker(s.keepAlive)
	defer tick.Stop()
	ping := outbound.Frame(outbound.OpPing, nil)
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		if s.pingRound(ping) == 0 && s.stopPinging() {
			return
		}
	}
}

// pingRound pings all clients and returns their number.
func (s *Server) pingRound(ping []byte) int {
	n := 0
	for _, h := range s.allHubs() {
		for _, c := range h.connections(wholeHub()) {
			n++
			if l := c.currentLink(); l != nil {
				s.ping(c, l, ping)
			}
		}
	}
	return n
}

// ping pings one client, and cuts it off when it has been silent too long.
func (s *Server) ping(c *conn, l *link, ping []byte) {
	if l.silentRounds.Add(1) > maxSilentRounds {
		s.log.Warn("connection silent, cut off", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID)
		c.linkEnded(l) // before the client can notice
		l.out.Abort()
		return
	}
	c.sendFrame(ping)
}

// stopPinging ends the pinging unless a connection was opened meanwhile.
func (s *Server) stopPinging() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pinging = len(s.hubs) > 0
	return !s.pinging
}
