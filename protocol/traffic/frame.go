package traffic

import (
	"maps"

	"wps/protocol"
)

// SetRequest sets what o says about a frame of a client, except the data, which not
// every object has.
func (o *Object) SetRequest(r *protocol.Request) {
	o.Group, o.Event = r.Group, r.Event
	o.Frame = &Frame{Request: string(r.Type), NoEcho: r.NoEcho, TTLSeconds: r.TTLSeconds}
	if r.HasAckID {
		id := r.AckID
		o.AckID = &id
	}
}

// SetResponse sets what o says about a frame for a client, with the data. It keeps
// nothing of r, which may be changed afterwards.
func (o *Object) SetResponse(r *protocol.Response) {
	o.Event, o.Code, o.Reason = r.Event, r.ErrorName, r.ErrorMessage
	o.Frame = &Frame{Request: string(r.Type)}
	switch {
	case r.Type == protocol.ResponseAck:
		id := r.AckID
		o.AckID = &id
	case r.Type == protocol.ResponseSystem:
		o.Reason = r.Message
	case r.DataType != "":
		o.SetPayload(r.DataType, r.Data)
		o.Metadata = maps.Clone(r.Metadata)
	}
}
