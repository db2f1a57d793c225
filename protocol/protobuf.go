package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the protobuf subprotocols, package azure.webpubsub, by message.
// A request that has only unknown members of the oneof is refused, and such a
// response is ignored.
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

// text reads a string field, which must be UTF-8.
func (f *field) text(into *string) error {
	if !utf8.Valid(f.b) {
		return fmt.Errorf("field %d is not UTF-8", f.num)
	}
	*into = string(f.b)
	return nil
}

// decodeDataField reads MessageData. Of several values the last one counts. An
// empty message sets no data type.
func decodeDataField(b []byte, d *DataType, data *[]byte) error {
	if *data == nil {
		*data = []byte{} // present; see checkPayload
	}
	return eachField(b, func(f field) error {
		if f.typ != protowire.BytesType {
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

// checkData returns an error for data that could not be written in the other
// format.
func checkData(d DataType, b []byte) error {
	switch d {
	case DataTypeText:
		if !utf8.Valid(b) {
			return errors.New("text_data is not UTF-8")
		}
	case DataTypeJSON:
		if !utf8.Valid(b) || !json.Valid(b) {
			return errors.New("json_data is not JSON")
		}
	case DataTypeProtobuf: // a google.protobuf.Any
		return eachField(b, func(f field) error {
			if f.isBytes(1) && !utf8.Valid(f.b) {
				return errors.New("type_url is not UTF-8")
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
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(protowire.SizeTag(kind)+protowire.SizeBytes(len(data))))
	return appendBytesField(dst, kind, data)
}

// decodeMetadataEntry reads one entry of a map. Of a repeated key the last value
// counts.
func decodeMetadataEntry(b []byte, m *map[string]string) error {
	var key, value string
	err := eachField(b, func(f field) error {
		switch {
		case f.isBytes(1):
			return f.text(&key)
		case f.isBytes(2):
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

// appendMetadataField appends a map of strings, sorted by key, so that the same
// message has the same bytes.
func appendMetadataField(dst []byte, num protowire.Number, m map[string]string) []byte {
	if len(m) == 0 {
		return dst
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		dst = protowire.AppendTag(dst, num, protowire.BytesType)
		dst = protowire.AppendVarint(dst, uint64(2+protowire.SizeBytes(len(k))+protowire.SizeBytes(len(v))))
		dst = appendBytesField(dst, 1, k)
		dst = appendBytesField(dst, 2, v)
	}
	return dst
}
