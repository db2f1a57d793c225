package emulator

// HubCount returns how many hubs the server keeps in memory.
func (s *Server) HubCount() int { return len(s.allHubs()) }
