package output

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
)

// isBuffer reports whether a JSON value is an object whose type is "Buffer", the
// form that JSON.stringify gives to a Buffer of Node.js. Functions in JavaScript
// hand their messages over in it, whatever their data type.
func isBuffer(raw []byte) bool {
	if raw[0] != '{' || !bytes.Contains(raw, []byte(`"Buffer"`)) {
		return false
	}
	found := false
	eachMember(raw, func(name string, value []byte) {
		if name == "type" {
			found = string(value) == `"Buffer"`
		}
	})
	return found
}

// bufferBytes returns the bytes of a Buffer: those of its data, an array of
// numbers or base64, which the converter of the Functions extension takes too.
//
// Source: Azure/azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.WebPubSub,
// BinaryDataJsonConverter.
func bufferBytes(raw []byte) (b []byte, problem string) {
	var data []byte
	types := 0
	eachMember(raw, func(name string, value []byte) {
		switch {
		case name == "type" && types == 0:
			types++
		case name == "data" && data == nil:
			data = value
		default:
			problem = "is a Buffer with a member " + quoted(name) + ": it has type and data, each once"
		}
	})
	switch {
	case problem != "":
		return nil, problem
	case data == nil:
		return nil, "is a Buffer without data"
	case data[0] == '[':
		return byteArray(data)
	case data[0] == '"':
		if b, err := base64.StdEncoding.DecodeString(plainString(data)); err == nil {
			return b, ""
		}
	}
	return nil, "is a Buffer whose data is neither an array of bytes nor base64"
}

// byteArray returns the bytes of a JSON array of numbers from 0 to 255.
func byteArray(array []byte) (b []byte, problem string) {
	inner := bytes.TrimSpace(array[1 : len(array)-1])
	if len(inner) == 0 {
		return []byte{}, ""
	}
	b = make([]byte, 0, bytes.Count(inner, []byte(","))+1)
	for item := range bytes.SplitSeq(inner, []byte(",")) {
		n, err := strconv.ParseUint(string(bytes.TrimSpace(item)), 10, 8)
		if err != nil {
			return nil, fmt.Sprintf("is a Buffer whose data[%d] is not a number from 0 to 255", len(b))
		}
		b = append(b, byte(n))
	}
	return b, ""
}
