package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"wps/protocol"
)

// send answers the four :send operations: it delivers to whoever is there and
// answers 202 even when that is nobody.
func send(c *call, to protocol.Target) {
	if c.query.Get("filter") != "" && to.Kind != connection {
		notYet(c.w, "filters")
		return
	}
	ttl, ok := c.ttl()
	if !ok {
		return
	}
	m, ok := c.message(to)
	if !ok {
		return
	}
	m.expireIn(c.server.now(), ttl)
	var excluded []string
	if to.Kind == all || to.Kind == group {
		excluded = c.query["excluded"]
	}
	c.hub.send(to, m, excluded)
	c.w.WriteHeader(http.StatusAccepted)
}

// ttl reads how long the message may wait for a receiver, in seconds; 0 is for
// ever. It answers when that is refused.
func (c *call) ttl() (seconds uint32, ok bool) {
	text, given := c.query["messageTtlSeconds"]
	if !given {
		return 0, true
	}
	n, err := strconv.Atoi(text[0])
	if err != nil || len(text) > 1 || n < 0 || n > int(protocol.MaxTTL.Seconds()) {
		badRequest(c.w, "messageTtlSeconds", fmt.Sprintf("messageTtlSeconds must be a whole number from 0 to %d.", int(protocol.MaxTTL.Seconds())))
		return 0, false
	}
	return uint32(n), true
}

// message reads the body of a :send, and answers when it is refused.
func (c *call) message(to protocol.Target) (*message, bool) {
	size := c.r.ContentLength
	if size < 0 || size > protocol.MaxMessageSize {
		badRequest(c.w, "Request", "Invalid Content-Length header.")
		return nil, false
	}
	metadata, err := protocol.ReadMetadata(c.r.Header)
	if err != nil {
		badRequest(c.w, "Request", err.Error())
		return nil, false
	}
	dataType, charset, ok := protocol.DataTypeOf(c.r.Header.Get("Content-Type"))
	decode := decoderOf(charset)
	if !ok || decode == nil {
		c.w.WriteHeader(http.StatusUnsupportedMediaType)
		return nil, false
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(c.r.Body, data); err != nil {
		badRequest(c.w, "Request", "The request body ended early.")
		return nil, false
	}
	switch dataType {
	case protocol.DataTypeJSON:
		if !json.Valid(data) {
			badRequest(c.w, "Request", "The request body is not a valid JSON.")
			return nil, false
		}
	case protocol.DataTypeText:
		data = decode(data)
	}
	from := protocol.FromServer
	if to.Kind == group {
		from = protocol.FromGroup
	}
	m := newMessage(from, dataType, data)
	m.response.Metadata = metadata
	if to.Kind == group {
		m.response.Group = to.ID
	}
	return m, true
}

// decoderOf gives what turns text of a charset into UTF-8; nil for a charset
// that is not known.
func decoderOf(charset string) func([]byte) []byte {
	switch charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return validUTF8
	case "iso-8859-1", "latin1":
		return fromLatin1
	case "utf-16", "utf-16le":
		return func(b []byte) []byte { return fromUTF16(b, 0, 1) }
	case "utf-16be":
		return func(b []byte) []byte { return fromUTF16(b, 1, 0) }
	}
	return nil
}

// validUTF8 replaces bytes that are no UTF-8, because a text frame may not hold
// them.
func validUTF8(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	return []byte(strings.ToValidUTF8(string(b), "\uFFFD"))
}

func fromLatin1(b []byte) []byte {
	runes := make([]rune, len(b))
	for i, x := range b {
		runes[i] = rune(x)
	}
	return []byte(string(runes))
}

// fromUTF16 decodes pairs of bytes whose low and high halves stand at the given
// places.
func fromUTF16(b []byte, low, high int) []byte {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i+low])|uint16(b[i+high])<<8)
	}
	return []byte(string(utf16.Decode(units)))
}
