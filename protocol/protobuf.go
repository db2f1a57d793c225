package protocol

import (
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the protobuf subprotocols, package azure.webpubsub, by the
// message they stand in. Newer members of the two oneofs are not here: a request
// that has only them is refused and a response is ignored.
//
// Source: schema test of the service team's repository, webpubsub.v1.proto.
const (
	upSendToGroup = 1
	upEvent       = 5
	upJoinGroup   = 6
	upLeaveGroup  = 7
	upSequenceAck = 8
	upPing        = 9

	downAck    = 1
	downData   = 2
	downSystem = 3
	downPong   = 4

	dataText     = 1
	dataBinary   = 2
	dataProtobuf = 3
	dataJSON     = 4

	messageFrom     = 1
	messageGroup    = 2
	messageData     = 3
	messageSequence = 4
	messageMetadata = 5
)

// Wire types, shortened.
const (
	wireVarint = protowire.VarintType
	wireBytes  = protowire.BytesType
)

// field is one field of a protobuf message: n holds a varint, b anything with a
// length.
type field struct {
	num  protowire.Number
	wire protowire.Type
	n    uint64
	b    []byte
}

// is tells whether f is field num with wire type w. A field of another wire type
// counts as unknown, as everywhere in protobuf.
func (f *field) is(num protowire.Number, w protowire.Type) bool { return f.num == num && f.wire == w }

// eachField calls f with the fields of message b in order. What is neither a
// varint nor of a stated length is checked and passed over.
func eachField(b []byte, f func(field) error) error {
	for len(b) > 0 {
		num, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return frameError("not protobuf: %v", protowire.ParseError(n))
		}
		b = b[n:]
		one := field{num: num, wire: wire}
		switch wire {
		case wireVarint:
			one.n, n = protowire.ConsumeVarint(b)
		case wireBytes:
			one.b, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, wire, b)
		}
		if n < 0 {
			return frameError("not protobuf: %v", protowire.ParseError(n))
		}
		b = b[n:]
		if wire != wireVarint && wire != wireBytes {
			continue
		}
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}

// text gives a string field, which must be UTF-8.
func (f *field) text(into *string) error {
	if !utf8.Valid(f.b) {
		return frameError("field %d is not UTF-8", f.num)
	}
	*into = string(f.b)
	return nil
}

// decodeDataField reads MessageData: of several values the last counts. An empty
// message sets no data type.
func decodeDataField(b []byte, d *DataType, data *[]byte) error {
	return eachField(b, func(f field) error {
		if f.wire != wireBytes {
			return nil
		}
		switch f.num {
		case dataText:
			*d = DataTypeText
		case dataBinary:
			*d = DataTypeBinary
		case dataProtobuf:
			*d = DataTypeProtobuf
		case dataJSON:
			*d = DataTypeJSON
		default:
			return nil
		}
		*data = append(make([]byte, 0, len(f.b)), f.b...)
		return checkData(*d, f.b)
	})
}

// checkData refuses data that could not be written in another format.
func checkData(d DataType, b []byte) error {
	switch d {
	case DataTypeText:
		if !utf8.Valid(b) {
			return frameError("text_data is not UTF-8")
		}
	case DataTypeJSON:
		if !utf8.Valid(b) || !json.Valid(b) {
			return frameError("json_data is not JSON")
		}
	case DataTypeProtobuf: // a google.protobuf.Any
		return eachField(b, func(f field) error {
			if f.is(1, wireBytes) && !utf8.Valid(f.b) {
				return frameError("type_url is not UTF-8")
			}
			return nil
		})
	}
	return nil
}

// appendDataField appends MessageData as field num.
func appendDataField(dst []byte, num protowire.Number, d DataType, data []byte) []byte {
	kind := protowire.Number(dataBinary)
	switch d {
	case DataTypeText:
		kind = dataText
	case DataTypeJSON:
		kind = dataJSON
	case DataTypeProtobuf:
		kind = dataProtobuf
	}
	dst = protowire.AppendTag(dst, num, wireBytes)
	dst = protowire.AppendVarint(dst, uint64(protowire.SizeTag(kind)+protowire.SizeBytes(len(data))))
	return appendBytesField(dst, kind, data)
}

// decodeMetadataEntry reads one entry of a map; of a repeated key the last
// value counts.
func decodeMetadataEntry(b []byte, m *map[string]string) error {
	var key, value string
	err := eachField(b, func(f field) error {
		switch {
		case f.is(1, wireBytes):
			return f.text(&key)
		case f.is(2, wireBytes):
			return f.text(&value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[key] = value
	return nil
}

// appendMetadataField appends a map of strings in the order of its keys, so that
// the same message has the same bytes.
func appendMetadataField(dst []byte, num protowire.Number, m map[string]string) []byte {
	if len(m) == 0 {
		return dst
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		dst = protowire.AppendTag(dst, num, wireBytes)
		dst = protowire.AppendVarint(dst, uint64(2+protowire.SizeBytes(len(k))+protowire.SizeBytes(len(v))))
		dst = appendBytesField(dst, 1, k)
		dst = appendBytesField(dst, 2, v)
	}
	return dst
}

func appendBytesField[T string | []byte](dst []byte, num protowire.Number, b T) []byte {
	dst = protowire.AppendTag(dst, num, wireBytes)
	dst = protowire.AppendVarint(dst, uint64(len(b)))
	return append(dst, b...)
}

// appendTextField leaves out an empty string, as proto3 does.
func appendTextField(dst []byte, num protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	return appendBytesField(dst, num, s)
}

func appendVarintField(dst []byte, num protowire.Number, n uint64) []byte {
	dst = protowire.AppendTag(dst, num, wireVarint)
	return protowire.AppendVarint(dst, n)
}

// appendNested appends a message as field num. Its length is known only when it
// is written, so it is moved up behind it.
func appendNested(dst []byte, num protowire.Number, message func([]byte) []byte) []byte {
	dst = protowire.AppendTag(dst, num, wireBytes)
	start := len(dst)
	dst = message(dst)
	size := len(dst) - start
	var length [10]byte
	prefix := protowire.AppendVarint(length[:0], uint64(size))
	dst = append(dst, prefix...)
	copy(dst[start+len(prefix):], dst[start:start+size])
	copy(dst[start:], prefix)
	return dst
}
