package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"net/http"

	"wps/protocol"
)

// listConnections answers with one page of a group's connections, in the order
// of their ids.
func listConnections(c *restRequest, of protocol.Target) {
	size, ok := c.readNumber("maxpagesize", 1, protocol.MaxPageSize)
	if !ok {
		return
	}
	if size == 0 {
		size = protocol.MaxPageSize
	}
	top, ok := c.readNumber("top", 1, math.MaxInt32)
	if !ok {
		return
	}
	after, ok := c.readContinuation(of.ID)
	if !ok {
		return
	}
	limit := size
	if top > 0 {
		limit = min(size, top)
	}
	page, more := c.hub.page(of, after, limit)
	answer := protocol.Members{Value: page}
	if more && top != len(page) {
		link := c.nextLink(of.ID, page[len(page)-1].ConnectionID, size, max(top-len(page), 0))
		answer.NextLink = &link
	}
	writeJSON(c.w, http.StatusOK, "application/json", answer)
}

// nextLink returns the address of the page after the connection last. top is how
// many connections are still wanted, 0 for all.
func (c *restRequest) nextLink(group, last string, size, top int) string {
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	link := fmt.Sprintf("%s://%s%s?api-version=%s&maxpagesize=%d", scheme, c.r.Host, c.r.URL.EscapedPath(), protocol.APIVersion, size)
	if top > 0 {
		link += fmt.Sprintf("&top=%d", top)
	}
	return link + "&continuationToken=" + c.pageToken(group, last)
}

// pageToken returns the position after a page; the server's signature binds it to
// one hub and group.
func (c *restRequest) pageToken(group, last string) string {
	return base64.RawURLEncoding.EncodeToString(append(c.pageMAC(group, last), last...))
}

func (c *restRequest) pageMAC(group, last string) []byte {
	mac := hmac.New(sha256.New, c.server.pageKey[:])
	fmt.Fprintf(mac, "%q %q %q", c.hubName, group, last)
	return mac.Sum(nil)
}

// readContinuation returns the connection id in a continuationToken, "" without
// one. It answers 400 for a token that this server did not make for this group.
func (c *restRequest) readContinuation(group string) (after string, ok bool) {
	text, given, ok := c.readOnce("continuationToken")
	if !given || !ok {
		return "", ok
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil && len(b) > sha256.Size {
		after = string(b[sha256.Size:])
		if hmac.Equal(b[:sha256.Size], c.pageMAC(group, after)) {
			return after, true
		}
	}
	writeInvalid(c.w, "continuationToken", "The continuationToken is not valid for this group.")
	return "", false
}
