package emulator

import (
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"wps/emulator/filter"
	"wps/protocol"
)

// restSend answers the four :send operations: 202 even without any receiver.
func restSend(c *restRequest, to protocol.Target) {
	chosen, ok := c.readFilter(to)
	if !ok {
		return
	}
	ttl, ok := c.readNumber("messageTtlSeconds", 0, int(protocol.MaxTTL.Seconds()))
	if !ok {
		return
	}
	m, ok := c.readMessage(to)
	if !ok {
		return
	}
	m.expireIn(c.server.clock.elapsed(), uint32(ttl))
	var excluded []string
	if to.Kind == protocol.TargetAll || to.Kind == protocol.TargetGroup {
		excluded = c.query["excluded"]
	}
	m.chain = c.w.chain
	c.server.publishMessage(c.hubName, to, m, c.hub.sendTo(to, m, excluded, chosen))
	c.w.WriteHeader(http.StatusAccepted)
}

// readFilter reads the readFilter of a :send, which those to one connection do not have.
func (c *restRequest) readFilter(to protocol.Target) (*filter.Filter, bool) {
	text := c.query.Get("filter")
	if text == "" || to.Kind == protocol.TargetConnection {
		return nil, true
	}
	f, err := filter.Parse(text)
	if err != nil {
		writeInvalid(c.w, "filter", err.Error())
		return nil, false
	}
	return f, true
}

// readMessage reads the body of a :send, and answers when it is refused.
func (c *restRequest) readMessage(to protocol.Target) (*message, bool) {
	if !c.checkLength() {
		return nil, false
	}
	metadata, err := protocol.ReadMetadata(c.r.Header)
	if err != nil {
		writeBadRequest(c.w, "Request", err.Error())
		return nil, false
	}
	dataType, charset, ok := protocol.DataTypeOf(c.r.Header.Get("Content-Type"))
	decode := decoderOf(charset)
	if !ok || decode == nil || dataType == protocol.DataTypeProtobuf {
		c.w.WriteHeader(http.StatusUnsupportedMediaType)
		return nil, false
	}
	data, ok := c.readBody()
	if !ok {
		return nil, false
	}
	switch dataType {
	case protocol.DataTypeJSON:
		if !validJSON(data) {
			writeBadRequest(c.w, "Request", invalidBody)
			return nil, false
		}
	case protocol.DataTypeText:
		data = decode(data)
	}
	from := protocol.FromServer
	if to.Kind == protocol.TargetGroup {
		from = protocol.FromGroup
	}
	m := newMessage(from, dataType, data)
	m.response.Metadata = metadata
	if to.Kind == protocol.TargetGroup {
		m.response.Group = to.ID
	}
	return m, true
}

// decoderOf returns a function that decodes a charset into UTF-8; nil for an
// unknown charset.
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
	case "utf-32", "utf-32le":
		return func(b []byte) []byte { return fromUTF32(b, binary.LittleEndian) }
	case "utf-32be":
		return func(b []byte) []byte { return fromUTF32(b, binary.BigEndian) }
	}
	return nil
}

// validJSON reports whether data is JSON that a text frame may hold.
func validJSON(data []byte) bool { return json.Valid(data) && utf8.Valid(data) }

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

// fromUTF16 decodes pairs of bytes whose low and high halves are at the given
// offsets.
func fromUTF16(b []byte, low, high int) []byte {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i+low])|uint16(b[i+high])<<8)
	}
	return []byte(string(utf16.Decode(units)))
}

func fromUTF32(b []byte, order binary.ByteOrder) []byte {
	var text []byte
	for ; len(b) >= 4; b = b[4:] {
		text = utf8.AppendRune(text, rune(order.Uint32(b))) // an invalid one becomes U+FFFD
	}
	return text
}
