package emulator

import (
	"net/http"
	"net/url"
	"strings"
	"sync"

	"wps/protocol"
)

// call is one REST request below /api/hubs/{hub} that has passed the checks
// common to all.
type call struct {
	server  *Server
	w       *responseWriter
	r       *http.Request
	hubName string // in lower case
	hub     *hub
	first   string // the name behind the first word of the path
	second  string // the name behind the second word
	query   url.Values
}

// shape is an operation's method and the words of its path below the hub, in
// lower case. Names stand where a word is followed by one.
type shape struct{ method, words string }

// operation is what a REST request does, with what its path names.
type operation struct {
	first, second protocol.TargetKind // "" when the path has no such name
	run           func(*call, protocol.Target)
}

// generateWords is the one operation that an access key does not allow.
const generateWords = ":generatetoken"

// operations returns the REST operations.
//
// Source: REST description 2024-12-01.
var operations = sync.OnceValue(func() map[shape]operation {
	const (
		group      = protocol.TargetGroup
		user       = protocol.TargetUser
		connection = protocol.TargetConnection
	)
	return map[shape]operation{
		{"POST", ":send"}:                         {"", "", send},
		{"POST", "groups/*/:send"}:                {group, "", send},
		{"POST", "users/*/:send"}:                 {user, "", send},
		{"POST", "connections/*/:send"}:           {connection, "", send},
		{"POST", ":closeconnections"}:             {"", "", closeConnections},
		{"POST", "groups/*/:closeconnections"}:    {group, "", closeConnections},
		{"POST", "users/*/:closeconnections"}:     {user, "", closeConnections},
		{"DELETE", "connections/*"}:               {connection, "", closeConnections},
		{"HEAD", "connections/*"}:                 {connection, "", exists},
		{"HEAD", "groups/*"}:                      {group, "", exists},
		{"HEAD", "users/*"}:                       {user, "", exists},
		{"PUT", "groups/*/connections/*"}:         {group, connection, addConnection},
		{"DELETE", "groups/*/connections/*"}:      {group, connection, removeConnection},
		{"DELETE", "connections/*/groups"}:        {connection, "", leaveAll},
		{"PUT", "users/*/groups/*"}:               {user, group, addUser},
		{"DELETE", "users/*/groups/*"}:            {user, group, removeUser},
		{"DELETE", "users/*/groups"}:              {user, "", leaveAll},
		{"POST", ":addtogroups"}:                  {"", "", addToGroups},
		{"POST", ":removefromgroups"}:             {"", "", removeFromGroups},
		{"GET", "groups/*/connections"}:           {group, "", listConnections},
		{"PUT", "permissions/*/connections/*"}:    {"", connection, grantPermission},
		{"DELETE", "permissions/*/connections/*"}: {"", connection, revokePermission},
		{"HEAD", "permissions/*/connections/*"}:   {"", connection, checkPermission},
		{"POST", generateWords}:                   {"", "", generateToken},
	}
})

// serveREST answers a request; rest is the escaped path behind /api/.
//
// Order of the checks: route, token, api-version, names, then the operation's.
func (s *Server) serveREST(w *responseWriter, r *http.Request, rest string) {
	if strings.EqualFold(strings.TrimSuffix(rest, "/"), "health") {
		health(w, r)
		return
	}
	hubName, names, words := route(rest)
	op, ok := operations()[shape{r.Method, words}]
	if !ok {
		refuseMethod(w, words)
		return
	}
	if !s.authorized(w, r, words == generateWords) {
		return
	}
	w.Header().Set(protocol.HeaderSupportedVersions, protocol.SupportedAPIVersions)
	c := &call{server: s, w: w, r: r, hubName: strings.ToLower(hubName), first: names[0], second: names[1], query: readQuery(r.URL)}
	if !c.valid(hubName, op) {
		return
	}
	c.hub = s.findHub(c.hubName)
	target := wholeHub()
	if op.first != "" {
		target = protocol.Target{Kind: op.first, ID: c.first}
	}
	op.run(c, target)
}

// route splits hubs/{hub}/... into names and words. It splits before it decodes,
// because an escaped slash belongs to a name.
func route(rest string) (hubName string, names [2]string, words string) {
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	if len(parts) < 3 || !strings.EqualFold(parts[0], "hubs") {
		return "", names, ""
	}
	hubName, parts = protocol.UnescapeSegment(parts[1]), parts[2:]
	for i := 1; i < len(parts) && i/2 < len(names); i += 2 {
		names[i/2], parts[i] = protocol.UnescapeSegment(parts[i]), "*"
	}
	return hubName, names, strings.ToLower(strings.Join(parts, "/"))
}

// refuseMethod tells a path with other methods from one that is not there.
func refuseMethod(w *responseWriter, words string) {
	var allowed []string
	for _, m := range []string{"DELETE", "GET", "HEAD", "POST", "PUT"} {
		if _, ok := operations()[shape{m, words}]; ok {
			allowed = append(allowed, m)
		}
	}
	if allowed == nil {
		fail(w, http.StatusNotFound, codeNotFound, "Request", "There is no operation at this path.")
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	fail(w, http.StatusMethodNotAllowed, codeMethodNotAllowed, "Request", "Use "+strings.Join(allowed, " or ")+" here.")
}

// valid checks the api-version and the names of the path, and answers 400 when
// one is wrong.
func (c *call) valid(hubName string, op operation) bool {
	versions := c.query["api-version"]
	if len(versions) > 1 || len(versions) == 1 && !protocol.KnownAPIVersion(versions[0]) {
		badRequest(c.w, "Request", "The api-version is not supported. Supported: "+protocol.SupportedAPIVersions+".")
		return false
	}
	if err := protocol.CheckHub(hubName); err != nil {
		badRequest(c.w, "Request", "Invalid hub name: "+err.Error()+".")
		return false
	}
	return c.validName(op.first, c.first) && c.validName(op.second, c.second)
}

func (c *call) validName(kind protocol.TargetKind, name string) bool {
	switch {
	case kind == "":
	case kind == protocol.TargetGroup && protocol.CheckGroup(name) != nil:
		badRequest(c.w, "Request", invalidGroup)
		return false
	case protocol.CheckID(string(kind), name) != nil:
		badRequest(c.w, "Request", "Invalid "+string(kind)+" id: it is empty.")
		return false
	}
	return true
}

// health needs no token and answers without api-supported-versions.
func health(w *responseWriter, r *http.Request) {
	if r.Method == http.MethodHead || r.Method == http.MethodGet {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Allow", "GET, HEAD")
	w.WriteHeader(http.StatusMethodNotAllowed)
}
