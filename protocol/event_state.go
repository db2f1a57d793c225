package protocol

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// DecodeState reads the ce-connectionState value of the official Node
// middleware: base64 of a JSON object, with or without padding and in either
// alphabet. It returns the object as compact JSON. ok is false for any other
// value, which other event handlers may write.
func DecodeState(header string) (object json.RawMessage, ok bool) {
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(header, "="))
	text, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return nil, false
	}
	members, err := ReadObject(text)
	if err != nil {
		return nil, false
	}
	return members.JSON(), true
}

// MergeState returns the ce-connectionState value after the members of changes, a
// JSON object, are merged into the state of the request: old members first, then
// new ones in their order. A state that is not an object counts as empty. The
// error says that changes is not an object.
//
// Source: the official Node middleware.
func MergeState(header string, changes json.RawMessage) (string, error) {
	added, err := ReadObject(changes)
	if err != nil {
		return "", fmt.Errorf("states: %v", err)
	}
	var merged Object
	if old, ok := DecodeState(header); ok {
		merged, _ = ReadObject(old) // DecodeState wrote it
	}
	for _, m := range added {
		merged = merged.With(m)
	}
	return base64.StdEncoding.EncodeToString(merged.JSON()), nil
}
