package emulator

import (
	"encoding/json"
	"net/http"

	"wps/emulator/filter"
	"wps/protocol"
)

// bulk is the body of a bulk group operation, checked.
type bulk struct {
	groups []string
	chosen *choice
}

// bulk reads the body of a bulk group operation, and answers when it is refused.
//
// Source: the vendor's emulator; recorded answers of 2023 for the bad filter.
func (c *call) bulk() (*bulk, bool) {
	if !c.validLength() {
		return nil, false
	}
	if d, _, ok := protocol.DataTypeOf(c.r.Header.Get("Content-Type")); !ok || d != protocol.DataTypeJSON {
		c.w.WriteHeader(http.StatusUnsupportedMediaType)
		return nil, false
	}
	data, ok := c.body()
	if !ok {
		return nil, false
	}
	var body struct {
		Groups []*string
		Filter *string
	}
	if json.Unmarshal(data, &body) != nil {
		badRequest(c.w, "Request", invalidBody)
		return nil, false
	}
	groups, ok := validGroups(body.Groups)
	if !ok {
		invalid(c.w, "Groups", "groups must be a list of at least one group name of 1 to 1024 characters.")
		return nil, false
	}
	b := &bulk{groups: groups}
	if body.Filter == nil || *body.Filter == "" {
		return b, true
	}
	f, err := filter.Parse(*body.Filter)
	if err != nil {
		invalid(c.w, "Filter", err.Error())
		return nil, false
	}
	b.chosen = newChoice(f)
	return b, true
}

func validGroups(given []*string) ([]string, bool) {
	groups := make([]string, len(given))
	for i, g := range given {
		if g == nil || protocol.CheckGroup(*g) != nil {
			return nil, false
		}
		groups[i] = *g
	}
	return groups, len(groups) > 0
}

func addToGroups(c *call, _ protocol.Target)      { c.changeGroups((*hub).join) }
func removeFromGroups(c *call, _ protocol.Target) { c.changeGroups((*hub).leave) }

// changeGroups applies change to every connection that the body means. All of
// the body is checked before anything changes.
func (c *call) changeGroups(change func(*hub, *conn, string)) {
	b, ok := c.bulk()
	if !ok {
		return
	}
	c.hub.change(wholeHub(), func(m *conn) {
		if !b.chosen.has(m) {
			return
		}
		for _, g := range b.groups {
			change(c.hub, m, g)
		}
	})
	c.w.WriteHeader(http.StatusOK)
}
