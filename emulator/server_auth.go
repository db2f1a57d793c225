package emulator

import (
	"net/http"
	"strings"

	"wps/token"
)

// authorized checks the bearer token of a REST request and answers 401 when it
// is not good. entraOnly refuses tokens of the access key too.
func (s *Server) authorized(w *responseWriter, r *http.Request, entraOnly bool) bool {
	if s.entra {
		if _, err := token.ReadEntra(bearerToken(r), s.now()); err == nil {
			return true
		} else if entraOnly {
			s.refuseUnauthorized(w, r, "this needs a Microsoft Entra ID token: "+err.Error())
			return false
		}
	}
	why := s.keyProblem(r)
	if why == "" && entraOnly {
		why = "this needs a Microsoft Entra ID token; with an access key, sign client tokens without the service"
	}
	if why != "" {
		s.refuseUnauthorized(w, r, why)
	}
	return why == ""
}

// keyProblem returns why a request's token is not valid for this request, signed
// with the access key; "" when it is.
func (s *Server) keyProblem(r *http.Request) (why string) {
	text := bearerToken(r)
	claims, err := token.Verify(text, s.now(), s.key)
	switch {
	case text == "":
		return noToken
	case err != nil:
		return err.Error()
	case !token.MatchREST(claims.Audiences, s.acceptedHosts(r.Host), r.URL.EscapedPath()):
		return "the token's audience is not this URL"
	}
	return ""
}

const noToken = "the request has no token"

// refuseUnauthorized answers 401 with an empty body, as the service does; the
// reason is logged.
func (s *Server) refuseUnauthorized(w *responseWriter, r *http.Request, why string) {
	s.log.Warn("request refused with 401", "method", r.Method, "path", r.URL.EscapedPath(), "reason", why)
	w.setReason(why)
	w.WriteHeader(http.StatusUnauthorized)
}

func bearerToken(r *http.Request) string {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(text)
}

// acceptedHosts are the hosts a token for a request to host may name: that one,
// those configured, and every loopback name when it is one.
func (s *Server) acceptedHosts(host string) []string {
	return append(token.SameHosts(host), s.hosts...)
}
