package emulator

import (
	"context"
	"net/http"
	"strings"
)

// PagePrefix is the path below which Options.Page is served, besides "/" itself.
const PagePrefix = "/_ui/"

// isPage reports whether a request is for Options.Page.
func (s *Server) isPage(path string) bool {
	return s.page != nil && (path == "/" || strings.HasPrefix(path, PagePrefix))
}

// servePage passes a request to Options.Page. Its context ends with the server.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	s.page.ServeHTTP(w, r.WithContext(ctx))
}
