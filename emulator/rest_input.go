package emulator

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"wps/protocol"
)

// parameterName spells a query parameter of the REST operations as the service
// does, which ignores case; "" is an unknown one.
func parameterName(given string) string {
	for _, name := range [...]string{
		"api-version", "excluded", "filter", "messageTtlSeconds", "reason", "targetName", "maxpagesize", "top",
		"continuationToken", "userId", "role", "group", "minutesToExpire", "clientType",
	} {
		if strings.EqualFold(given, name) {
			return name
		}
	}
	return ""
}

// readQuery reads a query and spells known parameters as the service does.
func readQuery(u *url.URL) url.Values {
	q := u.Query()
	for given, values := range q {
		if name := parameterName(given); name != "" && name != given {
			delete(q, given)
			q[name] = append(q[name], values...)
		}
	}
	return q
}

// readOnce returns a parameter that may not be repeated or empty. It answers 400
// and returns false when it is; given is false when it is absent.
func (c *restRequest) readOnce(name string) (text string, given, ok bool) {
	values := c.query[name]
	switch {
	case len(values) == 0:
		return "", false, true
	case len(values) > 1 || values[0] == "":
		writeInvalid(c.w, name, name+" must be given once, and not be empty.")
		return "", true, false
	}
	return values[0], true, true
}

// readNumber reads a parameter that is a whole number from least to most. It
// answers 400 and returns false when it is not; an absent one is zero.
func (c *restRequest) readNumber(name string, least, most int) (int, bool) {
	text, given, ok := c.readOnce(name)
	if !given || !ok {
		return 0, ok
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		writeInvalid(c.w, name, fmt.Sprintf("%s must be a whole number from %d to %d.", name, least, most))
		return 0, false
	}
	return n, true
}

// checkLength answers 400 and returns false for a body that is too large or has no
// length, even when it is empty.
func (c *restRequest) checkLength() bool {
	size := c.r.ContentLength
	if size < 0 || size > protocol.MaxMessageSize || size == 0 && c.r.Header.Get("Content-Length") == "" {
		writeBadRequest(c.w, "Request", "Invalid Content-Length header.")
		return false
	}
	return true
}

// readBody reads a readBody whose length is valid.
func (c *restRequest) readBody() ([]byte, bool) {
	data := make([]byte, c.r.ContentLength)
	if _, err := io.ReadFull(c.r.Body, data); err != nil {
		writeBadRequest(c.w, "Request", "The request body ended early.")
		return nil, false
	}
	c.w.body = data
	return data, true
}
