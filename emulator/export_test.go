package emulator

// HubCount returns how many hubs the server keeps in memory.
func (s *Server) HubCount() int { return len(s.allHubs()) }

// LimitBacklog sets how many bytes may wait for all clients together.
func (s *Server) LimitBacklog(bytes int64) { s.backlog.limit.Store(bytes) }

// Backlog returns how many bytes wait for all clients together, as they are counted.
func (s *Server) Backlog() int64 {
	var all []*waitingConn
	for _, h := range s.allHubs() {
		for _, c := range h.connections(wholeHub()) {
			all = append(all, &waitingConn{conn: c})
		}
	}
	_, size := collect(all, map[*byte]int{})
	return size
}
