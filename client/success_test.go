package client_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"wps/client"
	"wps/protocol"
)

// TestOtherServer: a web site that answers everything, a redirect to a login page
// and a page that is not found are not the service, whatever is asked.
func TestOtherServer(t *testing.T) {
	t.Parallel()
	operations := map[string]func(context.Context, *client.Service) error{
		"Send": func(ctx context.Context, s *client.Service) error { return errorOf(s.Send(ctx, everyone, text("x"))) },
		"Close": func(ctx context.Context, s *client.Service) error {
			return errorOf(s.CloseConnections(ctx, user("u"), protocol.Close{}))
		},
		"CloseOne": func(ctx context.Context, s *client.Service) error {
			return errorOf(s.CloseConnections(ctx, connection("c"), protocol.Close{}))
		},
		"Exists": func(ctx context.Context, s *client.Service) error { _, _, err := s.Exists(ctx, user("u")); return err },
		"Join":   func(ctx context.Context, s *client.Service) error { return errorOf(s.AddToGroup(ctx, user("u"), "g")) },
		"Leave": func(ctx context.Context, s *client.Service) error {
			return errorOf(s.RemoveFromGroup(ctx, user("u"), "g"))
		},
		"JoinAll": func(ctx context.Context, s *client.Service) error {
			return errorOf(s.AddConnectionsToGroups(ctx, []string{"g"}, ""))
		},
		"Check": func(ctx context.Context, s *client.Service) error {
			_, _, err := s.CheckPermission(ctx, "c", protocol.PermissionSendToGroup, "g")
			return err
		},
		"Grant": func(ctx context.Context, s *client.Service) error {
			return errorOf(s.GrantPermission(ctx, "c", protocol.PermissionSendToGroup, "g"))
		},
		"List": func(ctx context.Context, s *client.Service) error {
			_, err := list(s.ListConnections(ctx, "g", client.ListOptions{}))
			return err
		},
		"Generate": func(ctx context.Context, s *client.Service) error {
			_, err := s.GenerateClientToken(ctx, client.GenerateOptions{})
			return err
		},
		"Health": func(ctx context.Context, s *client.Service) error { return s.Health(ctx) },
	}
	site := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			w.Write([]byte("<html>welcome</html>"))
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"200 OK":             site(200, "Content-Type", "text/html; charset=utf-8"),
		"201 Created":        site(201, "Content-Type", "text/html"),
		"302 Found":          site(302, "Location", "https://login.example/", "Content-Type", "text/html"),
		"404 Not Found":      site(404, "Content-Type", "text/html"),
		"405 Method Not":     site(405, "Allow", "GET"),
		"400 Bad Request":    site(400, "Content-Type", "text/html"),
		"200 OK: the answer": site(200, "Content-Type", "application/json", "Content-Length", "20"),
	} {
		for operation, do := range operations {
			err := do(within(t), newService(t, serve(t, answer).URL, client.Options{Retries: -1}))
			if !errors.Is(err, client.ErrNotService) || !strings.HasPrefix(err.Error(), name) {
				t.Errorf("%s at a site that answers %s = %v, want %v", operation, name, err, client.ErrNotService)
			}
		}
	}
}
