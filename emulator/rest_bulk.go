package emulator

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"wps/emulator/filter"
	"wps/protocol"
)

// bulk is the body of a bulk group operation, checked.
type bulk struct {
	groups []string
	chosen *choice
	chain  uint64 // of the changes
}

// readBulk reads the body of a readBulk group operation, and answers when it is refused.
//
// Source: the vendor's emulator; recorded answers of 2023 to 2025 for the bad
// filter and the groups.
func (c *restRequest) readBulk() (*bulk, bool) {
	if !c.checkLength() {
		return nil, false
	}
	if !jsonInKnownCharset(c.r.Header.Get("Content-Type")) {
		c.w.WriteHeader(http.StatusUnsupportedMediaType)
		return nil, false
	}
	data, ok := c.readBody()
	if !ok {
		return nil, false
	}
	var body struct {
		Groups []*string
		Filter *string
	}
	if json.Unmarshal(data, &body) != nil {
		writeBadRequest(c.w, "Request", invalidBody)
		return nil, false
	}
	groups, ok := validGroups(body.Groups)
	if !ok {
		writeInvalid(c.w, "Groups", invalidGroup)
		return nil, false
	}
	b := &bulk{groups: groups}
	if body.Filter == nil || *body.Filter == "" {
		return b, true
	}
	f, err := filter.Parse(*body.Filter)
	if err != nil {
		writeInvalid(c.w, "Filter", err.Error())
		return nil, false
	}
	b.chosen = newChoice(f)
	return b, true
}

func jsonInKnownCharset(contentType string) bool {
	media, parameters, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json" && decoderOf(strings.ToLower(parameters["charset"])) != nil
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

func addToGroups(c *restRequest, _ protocol.Target)      { c.changeGroups((*hub).join) }
func removeFromGroups(c *restRequest, _ protocol.Target) { c.changeGroups((*hub).leave) }

// changeGroups applies change to every connection that the body selects. All of
// the body is checked before anything changes.
func (c *restRequest) changeGroups(change groupChange) {
	b, ok := c.readBulk()
	if !ok {
		return
	}
	b.chain = c.w.chain
	full, err := c.hub.changeGroups(c.server.ctx, b, change)
	if err != nil {
		c.w.WriteHeader(http.StatusServiceUnavailable) // Close was called
		return
	}
	c.writeJoined(full)
}
