package client

import (
	"cmp"
	"errors"
	"mime"
	"net/http"
	"net/url"

	"wps/protocol"
)

// ErrNotService is an answer that another server than Web PubSub sent, such as a
// web site that answers 200 to everything.
var ErrNotService = errors.New("the answer is not from Web PubSub")

// succeeded reports whether an answer is the one that the operation has when it
// was done. A 200 is taken only with the header that the service adds to it, since
// any web site answers 200; that of health has no body instead.
//
// Source: the REST description, and recorded answers of the real service.
func (r *request) succeeded(resp *http.Response) bool {
	want := http.StatusOK
	if r.method == http.MethodDelete {
		want = http.StatusNoContent
	}
	switch {
	case resp.StatusCode != cmp.Or(r.success, want):
		return false
	case resp.StatusCode != http.StatusOK:
		return true
	case r.anonymous:
		return resp.ContentLength <= 0 && !isPage(resp.Header.Get("Content-Type"))
	}
	return resp.Header.Get(protocol.HeaderSupportedVersions) != ""
}

// foreign reports whether an answer that is not the operation's success comes from
// another server: a success or a redirect of another kind, a page, or a 404 without
// what the service adds to it.
func (e *Error) foreign(contentType string) bool {
	switch {
	case e.Status < http.StatusBadRequest:
		return true
	case e.Status == http.StatusNotFound, e.Status == http.StatusMethodNotAllowed:
		return !e.fromService && e.Code == ""
	}
	return isPage(contentType) && e.Status < http.StatusInternalServerError && !e.Is(ErrUnauthorized)
}

// isPage reports whether a content type is that of a web page.
func isPage(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "text/html" || media == "application/xhtml+xml"
}

// proxyOf returns the address of the proxy of the environment that requests to u
// go through, without its password; "" if there is none.
func (s *Service) proxyOf(u *url.URL) string {
	t, ok := s.transport.(*http.Transport)
	if !ok || t.Proxy == nil {
		return ""
	}
	return proxyAddress(t.Proxy(&http.Request{URL: u}))
}

// ProxyFromEnvironment returns the address of the proxy that the environment
// names for u, without its password; "" if it names none.
func ProxyFromEnvironment(u *url.URL) string {
	return proxyAddress(http.ProxyFromEnvironment(&http.Request{URL: u}))
}

func proxyAddress(proxy *url.URL, err error) string {
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Scheme + "://" + proxy.Host
}
