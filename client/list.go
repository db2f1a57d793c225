package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"wps/internal/reason"
	"wps/protocol"
)

// MaxPageSize is the largest page of a listing.
const MaxPageSize = protocol.MaxPageSize

// Member is one connection in a group.
type Member struct {
	ConnectionID string `json:"connectionId"`
	// UserID is "" for an anonymous connection.
	UserID string `json:"userId,omitempty"`
}

// ListOptions limit a listing.
type ListOptions struct {
	// PageSize is how many members one request returns, at most MaxPageSize; 0
	// means the service's default.
	PageSize int
	// Top is how many members are returned in all; 0 means every one.
	Top int
}

// page is the answer of one request. The last one has a nextLink that is
// absent, null or empty.
type page struct {
	Value    []Member `json:"value"`
	NextLink string   `json:"nextLink"`
}

// ListConnections returns the connections in group, in an order that the service
// does not specify; a group that does not exist has none. Each page is requested
// when it is needed. An error is yielded once, with an empty Member, and is last.
func (s *Service) ListConnections(ctx context.Context, group string, o ListOptions) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		r, err := s.firstPage(group, o)
		yielded, seen := 0, map[string]bool{}
		for err == nil && r != nil {
			seen[r.url] = true
			var p page
			if p, err = s.page(ctx, r); err != nil {
				break
			}
			for _, m := range p.Value {
				if !yield(m, nil) {
					return
				}
				if yielded++; yielded == o.Top {
					return
				}
			}
			if r, err = s.nextPage(p.NextLink); r != nil && seen[r.url] {
				err = errors.New("next page was listed before")
			}
		}
		if err != nil {
			yield(Member{}, err)
		}
	}
}

func (s *Service) firstPage(group string, o ListOptions) (*request, error) {
	path, err := s.target(protocol.Target{Kind: protocol.TargetGroup, ID: group})
	switch {
	case err != nil:
		return nil, err
	case o.PageSize < 0 || o.PageSize > MaxPageSize:
		return nil, fmt.Errorf("page size is %d, it must be 1 to %d", o.PageSize, MaxPageSize)
	case o.Top < 0 || o.Top > 1<<31-1:
		return nil, fmt.Errorf("top is %d, it must be 1 to %d", o.Top, 1<<31-1)
	}
	return s.newRequest(http.MethodGet, path+"/connections",
		numberParam("maxpagesize", o.PageSize), numberParam("top", o.Top)), nil
}

func numberParam(name string, n int) string {
	if n == 0 {
		return ""
	}
	return param(name, strconv.Itoa(n))
}

func (s *Service) page(ctx context.Context, r *request) (page, error) {
	var p page
	b, _, err := s.fetch(ctx, r)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, fmt.Errorf("read list of connections: %s", reason.JSON(err))
	}
	return p, nil
}

// nextPage returns the request for link; nil after the last page. A token must
// never reach another host, so a link may name only the configured one, and only
// its path and query are used.
func (s *Service) nextPage(link string) (*request, error) {
	if link == "" {
		return nil, nil
	}
	u, err := url.Parse(link)
	if err != nil {
		return nil, errors.New("next page has an address that cannot be read")
	}
	known := u.Host == "" || sameHost(u, s.endpoint) || s.proxy != nil && sameHost(u, s.proxy)
	if !known || u.User != nil {
		return nil, fmt.Errorf("next page is on another host, %q", u.Host)
	}
	if !strings.HasPrefix(u.Path, "/") {
		return nil, errors.New("next page has an address without a path")
	}
	return &request{method: http.MethodGet, url: s.origin + u.RequestURI()}, nil
}

// sameHost compares host and port; the scheme does not matter because the
// configured one is used.
func sameHost(a, b *url.URL) bool {
	return strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}
