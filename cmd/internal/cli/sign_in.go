package cli

import (
	"context"

	"wps/token"
)

// Authorizer makes the Authorization header of a request; see client.Authorizer.
type Authorizer interface {
	Authorize(ctx context.Context, audience string) (header string, err error)
}

// signIns are the sign-ins of a command, by service.
type signIns map[string]Authorizer

// SignIn returns the sign-in for a service. The first call for it makes one, which
// all further calls return, so that all clients of a command share its token.
func (s *Settings) SignIn(cs token.ConnectionString, create func() (Authorizer, error)) (Authorizer, error) {
	name := cs.Reveal()
	s.mu.Lock()
	known := s.signedIn[name]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	made, err := create()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.signedIn[name]; known != nil {
		return known, nil
	}
	if s.signedIn == nil {
		s.signedIn = signIns{}
	}
	s.signedIn[name] = made
	return made, nil
}

// LookupVariable returns a variable of the environment, or else of the files that
// were asked for. It is for variables of other programs, which may be empty.
func (s *Settings) LookupVariable(name string) (string, bool) {
	if text, set := s.LookupEnv(name); set {
		return text, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resolve().InFiles(name)
}
