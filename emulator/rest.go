package emulator

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"

	"wps/protocol"
)

// restRequest is one REST request below /api/hubs/{hub} that has passed the checks
// common to all operations.
type restRequest struct {
	server  *Server
	w       *responseWriter
	r       *http.Request
	hubName string // in lower case
	hub     *hub
	first   string // the name after the first word of the path
	second  string // the name after the second word
	query   url.Values
}

// route is an operation's method and its path below the hub, in lower case, with
// stars in place of names.
type route struct{ method, pattern string }

// operation is what a route does, and the kinds of names in its path.
type operation struct {
	first, second protocol.TargetKind // "" when the path has no such name
	run           func(*restRequest, protocol.Target)
}

// generateTokenPath is the one operation that an access key does not allow.
const generateTokenPath = ":generatetoken"

// operations returns the REST operations.
//
// Source: REST description 2024-12-01.
var operations = sync.OnceValue(func() map[route]operation {
	const (
		group      = protocol.TargetGroup
		user       = protocol.TargetUser
		connection = protocol.TargetConnection
	)
	return map[route]operation{
		{"POST", ":send"}:                         {"", "", restSend},
		{"POST", "groups/*/:send"}:                {group, "", restSend},
		{"POST", "users/*/:send"}:                 {user, "", restSend},
		{"POST", "connections/*/:send"}:           {connection, "", restSend},
		{"POST", ":closeconnections"}:             {"", "", closeConnections},
		{"POST", "groups/*/:closeconnections"}:    {group, "", closeConnections},
		{"POST", "users/*/:closeconnections"}:     {user, "", closeConnections},
		{"DELETE", "connections/*"}:               {connection, "", closeConnections},
		{"HEAD", "connections/*"}:                 {connection, "", restExists},
		{"HEAD", "groups/*"}:                      {group, "", restExists},
		{"HEAD", "users/*"}:                       {user, "", restExists},
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
		{"POST", generateTokenPath}:               {"", "", generateToken},
	}
})

// serveREST answers a request; path is the escaped path after /api/.
//
// Order of the checks: route, token, api-version, names, then the operation's.
func (s *Server) serveREST(w *responseWriter, r *http.Request, path string) {
	if strings.EqualFold(strings.TrimSuffix(path, "/"), "health") {
		restHealth(w, r)
		return
	}
	hubName, names, pattern := splitPath(path)
	op, ok := operations()[route{r.Method, pattern}]
	if !ok {
		refuseMethod(w, pattern)
		return
	}
	if !s.authorized(w, r, pattern == generateTokenPath) {
		return
	}
	w.Header().Set(protocol.HeaderSupportedVersions, protocol.SupportedAPIVersions)
	c := &restRequest{server: s, w: w, r: r, hubName: strings.ToLower(hubName), first: names[0], second: names[1], query: readQuery(r.URL)}
	if !c.checkNames(hubName, op) {
		return
	}
	c.hub = s.findHub(c.hubName)
	target := wholeHub()
	if op.first != "" {
		target = protocol.Target{Kind: op.first, ID: c.first}
	}
	op.run(c, target)
}

// splitPath splits hubs/{hub}/... into the hub, the names and the pattern of a
// route. It splits before it decodes, because an escaped slash belongs to a name.
func splitPath(path string) (hubName string, names [2]string, pattern string) {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(parts) < 3 || !strings.EqualFold(parts[0], "hubs") {
		return "", names, ""
	}
	hubName, parts = protocol.UnescapeSegment(parts[1]), parts[2:]
	for i := 1; i < len(parts) && i/2 < len(names); i += 2 {
		names[i/2], parts[i] = protocol.UnescapeSegment(parts[i]), "*"
	}
	return hubName, names, strings.ToLower(strings.Join(parts, "/"))
}

// refuseMethod answers 405 for a path that has other methods, else 404.
func refuseMethod(w *responseWriter, pattern string) {
	var allowed []string
	for _, m := range []string{"DELETE", "GET", "HEAD", "POST", "PUT"} {
		if _, ok := operations()[route{m, pattern}]; ok {
			allowed = append(allowed, m)
		}
	}
	if allowed == nil {
		writeError(w, http.StatusNotFound, codeNotFound, "Request", "There is no operation at this path.")
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeError(w, http.StatusMethodNotAllowed, codeMethodNotAllowed, "Request", "Use "+strings.Join(allowed, " or ")+" here.")
}

// checkNames checks the api-version and the names of the path. It answers 400 and
// returns false when one is invalid.
func (c *restRequest) checkNames(hubName string, op operation) bool {
	versions := c.query["api-version"]
	if len(versions) > 1 || len(versions) == 1 && !protocol.KnownAPIVersion(versions[0]) {
		writeBadRequest(c.w, "Request", "The api-version is not supported. Supported: "+protocol.SupportedAPIVersions+".")
		return false
	}
	if err := protocol.CheckHub(hubName); err != nil {
		writeBadRequest(c.w, "Request", "Invalid hub name: "+err.Error()+".")
		return false
	}
	return c.checkName(op.first, c.first) && c.checkName(op.second, c.second)
}

func (c *restRequest) checkName(kind protocol.TargetKind, name string) bool {
	switch {
	case kind == "":
	case kind == protocol.TargetGroup && (protocol.CheckGroup(name) != nil || !utf8.ValidString(name)):
		writeBadRequest(c.w, "Request", invalidGroup)
		return false
	case protocol.CheckID(string(kind), name) != nil:
		writeBadRequest(c.w, "Request", "Invalid "+string(kind)+" id: it is empty.")
		return false
	}
	return true
}

// restHealth needs no token and answers without api-supported-versions.
func restHealth(w *responseWriter, r *http.Request) {
	if r.Method == http.MethodHead || r.Method == http.MethodGet {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Allow", "GET, HEAD")
	w.WriteHeader(http.StatusMethodNotAllowed)
}
