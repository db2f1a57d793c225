package traffic

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"wps/protocol"
)

// Bounds of what an object repeats, in bytes.
const (
	MaxPayload = 64 << 10 // of a payload, and of an answer
	MaxText    = 1 << 10  // of any other text
	maxHeaders = 64       // header lines
	maxList    = 100      // groups and roles of an opening
)

// Payload is the data of an object. Data is text, also for JSON; DataBase64 is
// anything else.
type Payload struct {
	DataType protocol.DataType `json:"dataType,omitempty"`
	// Bytes is the size of the whole payload, Left what is cut off beyond MaxPayload.
	Bytes      int               `json:"bytes"`
	Data       string            `json:"data,omitempty"`
	DataBase64 []byte            `json:"dataBase64,omitempty"`
	Left       int               `json:"left,omitempty"`
	Metadata   map[string]string `json:"metadata,omitempty"`
}

// SetSize sets the type and the size of the payload, without its data.
func (o *Object) SetSize(d protocol.DataType, size int) {
	o.Payload = &Payload{DataType: d, Bytes: size}
}

// SetPayload sets the payload with a copy of its data.
func (o *Object) SetPayload(d protocol.DataType, data []byte) {
	o.SetSize(d, len(data))
	p := o.Payload
	p.Data, p.DataBase64, p.Left = excerpt(data)
}

// SetReply sets the answer of a handler.
func (h *Handling) SetReply(d protocol.DataType, data []byte) {
	h.ReplyDataType, h.ReplyBytes = d, len(data)
	h.Reply, h.ReplyBase64, h.ReplyLeft = excerpt(data)
}

// Raw returns the data of a payload; whole reports that nothing was cut off.
func (p *Payload) Raw() (data []byte, whole bool) {
	if p == nil {
		return nil, true
	}
	whole = p.Left == 0 && len(p.Data)+len(p.DataBase64) == p.Bytes
	if p.DataBase64 != nil {
		return p.DataBase64, whole
	}
	return []byte(p.Data), whole
}

// RawReply returns the answer of a handler; whole reports that nothing was cut off.
func (h *Handling) RawReply() (data []byte, whole bool) {
	p := Payload{Bytes: h.ReplyBytes, Data: h.Reply, DataBase64: h.ReplyBase64, Left: h.ReplyLeft}
	return p.Raw()
}

// excerpt returns a copy of the first MaxPayload bytes of data: as text without a
// character cut in two, or as bytes when it is not UTF-8.
func excerpt(data []byte) (text string, raw []byte, left int) {
	head := data[:min(len(data), MaxPayload)]
	if len(head) < len(data) {
		head = wholeCharacters(head)
	}
	left = len(data) - len(head)
	if utf8.Valid(head) {
		return string(head), nil, left
	}
	head = data[:min(len(data), MaxPayload)]
	return "", bytes.Clone(head), len(data) - len(head)
}

// wholeCharacters returns text without the beginning of a character at its end.
func wholeCharacters(text []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if at := len(text) - i; utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				return text[:at]
			}
			break
		}
	}
	return text
}

// Cut returns the first MaxText bytes of a text, without a character cut in two. It
// is a copy, which does not keep the rest in memory.
func Cut(text string) string {
	if len(text) <= MaxText {
		return text
	}
	return strings.Clone(string(wholeCharacters([]byte(text[:MaxText]))))
}

// texts returns the texts of o that come from outside, without payloads and
// headers, which are bounded where they are set. Nil ones are not present.
func (o *Object) texts() (all [13]*string) {
	all = [13]*string{&o.Hub, &o.ConnectionID, &o.UserID, &o.Subprotocol, &o.Group, &o.Event, &o.Code, &o.Reason}
	if o.Frame != nil {
		all[8] = &o.Request
	}
	if o.Fanout != nil {
		all[9] = &o.TargetID
	}
	if o.HTTP != nil {
		all[10], all[11] = &o.Method, &o.Path
	}
	if o.Handling != nil {
		all[12] = &o.Hook
	}
	return all
}

// Bound cuts the texts of o at MaxText and its lists at 100 entries.
func (o *Object) Bound() {
	for _, text := range o.texts() {
		if text != nil && len(*text) > MaxText {
			*text = Cut(*text)
		}
	}
	if o.Opening != nil {
		o.Opening = &Opening{boundList(o.Groups), boundList(o.Roles)}
	}
}

func boundList(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	bounded := make([]string, 0, min(len(list), maxList))
	for _, text := range list[:cap(bounded)] {
		bounded = append(bounded, Cut(text))
	}
	return bounded
}

// Size returns about how many bytes the texts and payloads of o have.
func (o *Object) Size() (size int) {
	for _, text := range o.texts() {
		if text != nil {
			size += len(*text)
		}
	}
	if p := o.Payload; p != nil {
		size += len(p.Data) + len(p.DataBase64)
	}
	if h := o.Handling; h != nil {
		size += len(h.Reply) + len(h.ReplyBase64) + headerSize(h.RequestHeaders) + headerSize(h.ResponseHeaders)
	}
	if g := o.Opening; g != nil {
		for _, text := range append(g.Groups[:len(g.Groups):len(g.Groups)], g.Roles...) {
			size += len(text)
		}
	}
	return size
}

func headerSize(h map[string][]string) (size int) {
	for name, values := range h {
		size += len(name)
		for _, v := range values {
			size += len(v)
		}
	}
	return size
}

// Bare returns o without the data of its payload and answer, for readers that do
// not ask for data.
func (o *Object) Bare() *Object {
	bare := *o
	if o.Payload != nil {
		bare.Payload = &Payload{DataType: o.DataType, Bytes: o.Bytes}
	}
	if h := o.Handling; h != nil {
		bare.Handling = &Handling{EventType: h.EventType, EventID: h.EventID, Hook: h.Hook, Repeated: h.Repeated, Attempts: h.Attempts, ReplyDataType: h.ReplyDataType, ReplyBytes: h.ReplyBytes}
	}
	return &bare
}
