package emulator

import (
	"cmp"
	"math"
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

// pingClients pings the clients of each hub at its interval until the server
// closes or has no connection left.
func (s *Server) pingClients() {
	rounds := pingRounds{}
	rounds.next(s.intervals(), time.Now())
	wait := time.NewTimer(rounds.wait(time.Now()))
	defer wait.Stop()
	ping := outbound.Frame(outbound.OpPing, nil)
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.intervalsChanged:
		case <-wait.C:
		}
		now := time.Now()
		if s.pingDue(rounds, now, ping) == 0 && s.stopPinging() {
			return
		}
		rounds.next(s.intervals(), now)
		wait.Reset(rounds.wait(now))
	}
}

// pingRounds is when the clients of the hubs with one interval are pinged next, by
// interval.
type pingRounds map[time.Duration]time.Time

// next moves the rounds that are over, and leaves those of the given intervals.
func (p pingRounds) next(intervals map[time.Duration]bool, now time.Time) {
	for interval := range p {
		if !intervals[interval] {
			delete(p, interval)
		}
	}
	for interval := range intervals {
		at, known := p[interval]
		switch {
		case !known:
			p[interval] = now.Add(interval)
		case !at.After(now):
			p[interval] = at.Add((now.Sub(at)/interval + 1) * interval)
		}
	}
}

// wait returns the time until the next round.
func (p pingRounds) wait(now time.Time) time.Duration {
	wait := time.Duration(math.MaxInt64)
	for _, at := range p {
		wait = min(wait, at.Sub(now))
	}
	return wait
}

// intervals returns the intervals of the hubs with connections, and that of the
// server, at which it is noticed that there are none.
func (s *Server) intervals() map[time.Duration]bool {
	all := map[time.Duration]bool{s.keepAlive: true}
	for _, h := range s.allHubs() {
		all[s.intervalOf(h)] = true
	}
	return all
}

// intervalOf returns the time between two pings to the clients of a hub.
func (s *Server) intervalOf(h *hub) time.Duration {
	return cmp.Or(s.settings.Load().rules(h.name).keepAlive, s.keepAlive)
}

// noticeIntervals makes pingClients use the intervals of new settings.
func (s *Server) noticeIntervals() {
	select {
	case s.intervalsChanged <- struct{}{}:
	default: // it is to notice already
	}
}

// pingDue pings the clients of the hubs whose round has come. It returns 0 if no hub
// has clients.
func (s *Server) pingDue(rounds pingRounds, now time.Time, ping []byte) int {
	n := 0
	for _, h := range s.allHubs() {
		if at, known := rounds[s.intervalOf(h)]; !known || at.After(now) {
			n++
			continue
		}
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
		c.publishFault("the client has not answered pings")
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
