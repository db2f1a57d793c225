package protocol

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decodeJSONRequest reads a frame of a json.webpubsub.azure.v1 client. The error
// reports every fault of the frame. Nothing of b is kept.
//
// Source: product documentation of the JSON subprotocol; details as in the
// vendor's emulator.
func decodeJSONRequest(b []byte) (*Request, error) {
	m, err := decodeMembers(b)
	if err != nil {
		return nil, err
	}
	typ, err := m.str("type")
	if err != nil {
		return nil, err
	}
	r := &Request{Type: requestType(typ)}
	switch r.Type {
	case RequestJoinGroup, RequestLeaveGroup:
		return r, joinErrors(m.group(r), m.ackID(r))
	case RequestSendToGroup:
		if err := joinErrors(m.group(r), m.ackID(r), m.options(r)); err != nil || !m.has("stream") {
			return r, joinErrors(err, m.payload(r))
		}
		return r, m.streamStart(r)
	case RequestInvoke, RequestCancelInvocation:
		return r, m.invocation(r)
	case RequestStreamData:
		return r, m.streamData(r)
	case RequestStreamEnd:
		return r, m.streamEnd(r)
	case RequestEvent:
		return r, joinErrors(m.event(r), m.ackID(r), m.payload(r))
	case RequestPing:
		return r, nil
	case RequestSequenceAck:
		r.SequenceID, err = m.uint("sequenceId", 64)
		return r, err
	}
	return nil, fmt.Errorf("unknown type %q", typ)
}

// joinErrors returns an error that reports all of errs on one line; nil if every
// one is nil.
func joinErrors(errs ...error) error {
	var texts []string
	for _, err := range errs {
		if err != nil {
			texts = append(texts, err.Error())
		}
	}
	if texts == nil {
		return nil
	}
	return errors.New(strings.Join(texts, "; "))
}

// requestTypes are the types that decodeJSONRequest reads.
var requestTypes = []RequestType{
	RequestSendToGroup, RequestEvent, RequestJoinGroup, RequestLeaveGroup, RequestPing, RequestSequenceAck,
	RequestStreamData, RequestStreamEnd, RequestInvoke, RequestCancelInvocation,
}

// requestType returns the type with a name, without regard to case; "" if it is
// unknown.
func requestType(s string) RequestType {
	if slices.Contains(requestTypes, RequestType(s)) {
		return RequestType(s)
	}
	lower := strings.ToLower(s)
	for _, t := range requestTypes {
		if lower == strings.ToLower(string(t)) {
			return t
		}
	}
	return ""
}

func (m members) group(r *Request) (err error) {
	if r.Group, err = m.str("group"); err != nil {
		return err
	}
	return CheckGroup(r.Group)
}

func (m members) event(r *Request) (err error) {
	if r.Event, err = m.str("event"); err != nil {
		return err
	}
	return CheckEventName(r.Event)
}

func (m members) ackID(r *Request) (err error) {
	if !m.has("ackId") {
		return nil
	}
	r.HasAckID = true
	r.AckID, err = m.uint("ackId", 64)
	return err
}

func (m members) options(r *Request) (err error) {
	if r.NoEcho, err = m.bool("noEcho"); err != nil {
		return err
	}
	if !m.has("ttlSeconds") {
		return nil
	}
	ttl, err := m.uint("ttlSeconds", 32)
	if err != nil {
		return err
	}
	r.TTLSeconds = uint32(ttl)
	return CheckTTL(int64(ttl))
}

func (m members) payload(r *Request) (err error) {
	if m.has("stream") {
		return errNoStream
	}
	if m.has("metadata") {
		if r.Metadata, err = decodeMetadata(m.raw("metadata")); err != nil {
			return err
		}
	}
	r.DataType = DataTypeJSON
	if m.raw("dataType") != nil {
		name, err := m.str("dataType")
		if err != nil {
			return err
		}
		r.DataType = DataType(strings.ToLower(name))
	}
	raw := m.raw("data")
	if raw == nil && r.Metadata != nil {
		r.DataType, r.Data = DataTypeText, []byte{}
		return nil
	}
	if !m.has("data") {
		return errors.New("data is missing")
	}
	r.Data, err = decodeData(r.DataType, raw)
	return err
}

// appendJSONRequest appends the JSON frame of r to dst. Data of type json must be
// valid JSON; it is embedded unchanged.
func appendJSONRequest(dst []byte, r *Request) []byte {
	dst = append(dst, `{"type":`...)
	dst = appendString(dst, string(r.Type))
	if r.Type == RequestInvoke || r.Type == RequestCancelInvocation {
		return append(appendInvocation(dst, r), '}')
	}
	if r.Group != "" {
		dst = appendMember(dst, "group", r.Group)
	}
	if r.Event != "" {
		dst = appendMember(dst, "event", r.Event)
	}
	if r.NoEcho {
		dst = append(dst, `,"noEcho":true`...)
	}
	if r.TTLSeconds > 0 {
		dst = append(dst, `,"ttlSeconds":`...)
		dst = strconv.AppendUint(dst, uint64(r.TTLSeconds), 10)
	}
	if r.HasAckID {
		dst = append(dst, `,"ackId":`...)
		dst = strconv.AppendUint(dst, r.AckID, 10)
	}
	if r.Type == RequestSequenceAck {
		dst = append(dst, `,"sequenceId":`...)
		dst = strconv.AppendUint(dst, r.SequenceID, 10)
	}
	if r.Stream != nil {
		return append(appendStreamRequest(dst, r), '}')
	}
	if r.Type == RequestSendToGroup || r.Type == RequestEvent {
		dst = appendMetadata(dst, r.Metadata)
		dst = appendData(dst, r.DataType, r.Data)
	}
	return append(dst, '}')
}

func appendMember(dst []byte, name, value string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return appendString(dst, value)
}

// appendData appends the members dataType and data.
func appendData(dst []byte, d DataType, data []byte) []byte {
	dst = appendMember(dst, "dataType", string(d))
	dst = append(dst, `,"data":`...)
	switch d {
	case DataTypeText:
		return appendString(dst, data)
	case DataTypeJSON:
		return append(dst, data...)
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, data)
	return append(dst, '"')
}

func appendMetadata(dst []byte, m map[string]string) []byte {
	if len(m) == 0 {
		return dst
	}
	// encoding/json sorts the keys: the same message has the same bytes.
	b, err := json.Marshal(m)
	if err != nil {
		return dst // a map of strings always marshals
	}
	dst = append(dst, `,"metadata":`...)
	return append(dst, b...)
}

// AppendJSONString appends s to dst as a JSON string, without escaping HTML.
// Invalid UTF-8 becomes U+FFFD.
func AppendJSONString(dst []byte, s string) []byte { return appendString(dst, s) }

// appendString is AppendJSONString for strings and bytes.
func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\uFFFD"...)
				start = i + 1
			}
			i += n
			continue
		}
		if b >= ' ' && b != '"' && b != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, b)
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', lowerHex[b>>4], lowerHex[b&15])
}

const lowerHex = "0123456789abcdef"
