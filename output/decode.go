package output

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"

	"wps/protocol"
)

// Decode reads and checks one event object. Names of members and values of enums
// are compared without regard to case; "action" stands for groupAction, "data" for
// message, "excluded" for excludes, "group" for groupId; the 14 actionName objects
// of the Functions extension are accepted as they are; type may be absent if the
// other members determine it. The error is a *FaultError with everything that is
// wrong.
func Decode(b []byte) (Event, error) {
	o, err := readObject(b)
	if err != nil {
		return nil, err
	}
	return o.checkedEvent()
}

// decodeMembers is Decode of an object that has been split into its members.
func decodeMembers(b []byte, members []jsonMember) (Event, error) {
	o, err := objectOf(b, members)
	if err != nil {
		return nil, err
	}
	return o.checkedEvent()
}

// checkedEvent returns the event that o describes, or all faults of o.
func (o *object) checkedEvent() (Event, error) {
	ev := o.event()
	if ev == nil {
		return nil, o.faults.err()
	}
	if bad, ok := errors.AsType[*FaultError](ev.Check()); ok {
		for _, f := range bad.Faults {
			// A member that could not be read has its fault.
			if !o.hasFault(f.Member) {
				o.add(f.Member, f.Text)
			}
		}
	}
	if err := o.faults.err(); err != nil {
		return nil, err
	}
	return ev, nil
}

// event returns the event that o describes. It is nil, with the reason among the
// faults, if the type is unknown.
func (o *object) event() Event {
	if o.has("actionName") {
		return o.actionEvent()
	}
	kind := enum(o, "type", eventTypes...)
	if kind == "" && !o.hasFault("type") {
		kind = o.guessType()
	}
	if kind == "" {
		return nil
	}
	if read := readerOf(kind); read != nil {
		ev := read(o)
		o.refuseUnused("a " + kind)
		return ev
	}
	o.add("type", "cannot be "+quoted(kind)+": use MessageEvent, GroupEvent, CloseConnectionEvent, ExistenceEvent or PermissionEvent")
	return nil
}

// eventTypes are the types as they are written.
var eventTypes = []string{"MessageEvent", "GroupEvent", "CloseConnectionEvent", "ExistenceEvent", "PermissionEvent"}

// readerOf returns the function that reads the members of a type; nil for none of
// eventTypes.
func readerOf(eventType string) func(*object) Event {
	switch eventType {
	case "MessageEvent":
		return readMessage
	case "GroupEvent":
		return readGroup
	case "CloseConnectionEvent":
		return readClose
	case "ExistenceEvent":
		return readExistence
	case "PermissionEvent":
		return readPermission
	}
	return nil
}

// guessType returns the type that alone has one of the members.
func (o *object) guessType() string {
	switch {
	case o.has("permission"), o.has("permissionAction"):
		return "PermissionEvent"
	case o.has("groupAction"):
		return "GroupEvent"
	case o.has("message"):
		return "MessageEvent"
	case o.has("connectionId"):
		return "CloseConnectionEvent"
	}
	o.add("type", "is missing, and the other members do not determine it: use MessageEvent, GroupEvent, CloseConnectionEvent, ExistenceEvent or PermissionEvent")
	return ""
}

func (o *object) targetType() TargetType {
	return enum(o, "targetType", TargetAll, TargetUsers, TargetConnections, TargetGroups)
}

func readMessage(o *object) Event {
	ev := &MessageEvent{TargetType: TargetAll}
	if o.has("targetType") {
		ev.TargetType = o.targetType()
	}
	ev.TargetID = o.text("targetId")
	o.readContent(ev)
	ev.Filter = o.text("filter")
	o.decode("ttlSeconds", &ev.TTLSeconds, "a whole number of seconds")
	o.decode("metadata", &ev.Metadata, "an object of strings")
	if len(ev.Metadata) == 0 {
		ev.Metadata = nil
	}
	return ev
}

// readContent reads message, dataType and excludes.
func (o *object) readContent(ev *MessageEvent) {
	ev.Excludes = o.list("excludes")
	hasType := o.has("dataType")
	ev.DataType = enum(o, "dataType", protocol.DataTypeText, protocol.DataTypeJSON, protocol.DataTypeBinary)
	if !hasType {
		ev.DataType = protocol.DataTypeBinary
	}
	m := o.find("message")
	if m == nil {
		o.add("message", "is missing")
		return
	}
	if m.used = true; string(m.value) == "null" && ev.DataType != protocol.DataTypeJSON {
		o.add("message", "is missing")
		return
	}
	ev.assumed = !hasType && m.value[0] == '"'
	var problem string
	if ev.Message, problem = messageBytes(m.value, ev.DataType, hasType); problem != "" {
		o.add("message", problem)
	}
}

// messageBytes returns the bytes to send. A serialised Buffer stands for its bytes
// with every data type. With the data type binary a string is base64 if the object
// has a dataType, and its UTF-8 bytes if not, as the spec says.
func messageBytes(raw json.RawMessage, d protocol.DataType, hasType bool) (b []byte, problem string) {
	switch {
	case raw[0] == '"':
		return stringMessage(plainString(raw), raw, d, hasType)
	case isBuffer(raw):
		if b, problem = bufferBytes(raw); problem != "" && d == protocol.DataTypeJSON {
			problem += ": write JSON of type Buffer as a string"
		}
		return b, problem
	case d == protocol.DataTypeJSON:
		return bytes.Clone(raw), ""
	}
	return nil, "must be a string or a serialised Buffer when dataType is " + string(d)
}

// stringMessage returns the bytes of a message that is the string s, which is raw
// as JSON. With the data type json a string that holds JSON is that JSON, as in
// Functions.
func stringMessage(s string, raw json.RawMessage, d protocol.DataType, hasType bool) (b []byte, problem string) {
	switch {
	case d == protocol.DataTypeJSON && !protocol.ValidJSON([]byte(s)):
		return bytes.Clone(raw), ""
	case d == protocol.DataTypeBinary && hasType:
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil, "must be base64 or a serialised Buffer when dataType is binary"
		}
		return b, ""
	}
	return []byte(s), ""
}

func readGroup(o *object) Event {
	return &GroupEvent{
		GroupAction: enum(o, "groupAction", GroupJoin, GroupLeave, GroupLeaveAll),
		TargetType:  o.targetType(), TargetID: o.text("targetId"),
		GroupID: o.text("groupId"), GroupIDs: o.list("groupIds"), Filter: o.text("filter"),
	}
}

func readClose(o *object) Event {
	ev := &CloseConnectionEvent{
		ConnectionID: o.text("connectionId"), Reason: o.text("reason"),
		TargetType: o.targetType(), TargetID: o.text("targetId"), Excludes: o.list("excludes"),
	}
	if ev.TargetType == TargetConnections && ev.ConnectionID == "" {
		ev.ConnectionID, ev.TargetType, ev.TargetID = ev.TargetID, "", ""
	}
	return ev
}

func readExistence(o *object) Event {
	return &ExistenceEvent{TargetType: o.targetType(), TargetID: o.text("targetId")}
}

func readPermission(o *object) Event {
	return &PermissionEvent{
		PermissionAction: enum(o, "permissionAction", PermissionGrant, PermissionRevoke, PermissionCheck),
		ConnectionID:     o.text("connectionId"),
		Permission:       readPermissionName(o),
		TargetName:       o.text("targetName"),
	}
}

func readPermissionName(o *object) protocol.Permission {
	return enum(o, "permission", protocol.PermissionSendToGroup, protocol.PermissionJoinLeaveGroup)
}
