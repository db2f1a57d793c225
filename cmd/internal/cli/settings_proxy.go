package cli

import (
	"net/http"
	"net/url"
)

// useProxies makes the proxies that files name those of the process, because that is
// where the network libraries, and the commands that wps starts, look for them. They do
// so after the service was looked for. The caller holds the lock.
func (s *Settings) useProxies() {
	if s.SetEnv == nil {
		return
	}
	for name, v := range s.resolve().FileProxies() {
		if s.SetEnv(name, v.Text) == nil { // it fails for texts that no file has
			s.proxyFrom["$"+name] = v.From
		}
	}
}

// Proxy returns the proxy for an endpoint, without its password, and the source of its
// name; "" if there is none.
func (s *Settings) Proxy(endpoint *url.URL) (proxy, from string) {
	u, err := http.ProxyFromEnvironment(&http.Request{URL: endpoint})
	if err != nil || u == nil {
		return "", ""
	}
	names := []string{"HTTP_PROXY", "http_proxy"}
	if endpoint.Scheme == "https" || endpoint.Scheme == "wss" {
		names = []string{"HTTPS_PROXY", "https_proxy"}
	}
	return u.Scheme + "://" + u.Host, s.proxySource(names)
}

// proxySource returns where the first of the variables that is set is from.
func (s *Settings) proxySource(names []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if text, _ := s.LookupEnv(name); text == "" {
			continue
		}
		if from := s.proxyFrom["$"+name]; from != "" {
			return from
		}
		return "$" + name
	}
	return "$" + names[0]
}
