package protocol_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"wps/protocol"
)

// golden is one frame of testdata: its bytes as published, their meaning, and the
// bytes that are written for that meaning ("" for the same ones).
type golden[W any] struct {
	Source         string
	Frame, Written json.RawMessage
	Want           W
}

func goldens[W any](t testing.TB, file string) []golden[W] {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []golden[W]
	if err := json.Unmarshal(b, &all); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d frames, %v", file, len(all), err)
	}
	for i := range all {
		if all[i].Source == "" {
			t.Fatalf("%s: frame %d names no source", file, i)
		}
		if all[i].Written == nil {
			all[i].Written = all[i].Frame
		}
	}
	return all
}

// goldenData is the data of a golden frame, as text or as bytes.
type goldenData struct {
	DataType protocol.DataType
	Data     *string
	Bytes    []uint8Number
	Metadata map[string]string
}

// uint8Number is a byte that is written as a number.
type uint8Number uint8

func (d goldenData) bytes() []byte {
	if d.Data != nil {
		return []byte(*d.Data)
	}
	var b []byte
	for _, n := range d.Bytes {
		b = append(b, byte(n))
	}
	return b
}

type goldenRequest struct {
	goldenData
	Type         protocol.RequestType
	Group, Event string
	AckID        *uint64
	NoEcho       bool
	TTLSeconds   uint32
	SequenceID   uint64
}

func (g goldenRequest) request() *protocol.Request {
	r := &protocol.Request{
		Type: g.Type, Group: g.Group, Event: g.Event, NoEcho: g.NoEcho, TTLSeconds: g.TTLSeconds,
		SequenceID: g.SequenceID, DataType: g.DataType, Data: g.bytes(), Metadata: g.Metadata,
	}
	if g.AckID != nil {
		r.AckID, r.HasAckID = *g.AckID, true
	}
	return r
}

type goldenResponse struct {
	goldenData
	Type                                                    protocol.ResponseType
	From, Group, FromUserID                                 string
	SequenceID, AckID                                       uint64
	Success                                                 bool
	ErrorName, ErrorMessage                                 string
	Event, UserID, ConnectionID, ReconnectionToken, Message string
}

func (g goldenResponse) response() *protocol.Response {
	return &protocol.Response{
		Type: g.Type, From: g.From, Group: g.Group, FromUserID: g.FromUserID, DataType: g.DataType, Data: g.bytes(),
		Metadata: g.Metadata, SequenceID: g.SequenceID, AckID: g.AckID, Success: g.Success,
		ErrorName: g.ErrorName, ErrorMessage: g.ErrorMessage, Event: g.Event, UserID: g.UserID,
		ConnectionID: g.ConnectionID, ReconnectionToken: g.ReconnectionToken, Message: g.Message,
	}
}

func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	for _, g := range goldens[goldenRequest](t, "testdata/requests.json") {
		want := g.Want.request()
		got, err := protocol.FormatJSON.DecodeRequest(g.Frame)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: DecodeRequest(%s) = %+v, %v, want %+v", g.Source, g.Frame, got, err, want)
		}
		if b := protocol.FormatJSON.AppendRequest([]byte("before"), want); string(b) != "before"+string(g.Written) {
			t.Errorf("%s: AppendRequest = %s, want before%s", g.Source, b, g.Written)
		}
		if again, err := protocol.FormatJSON.DecodeRequest(g.Written); err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%s: DecodeRequest(%s) = %+v, %v, want %+v", g.Source, g.Written, again, err, want)
		}
	}
}

func TestGoldenResponses(t *testing.T) {
	t.Parallel()
	for _, g := range goldens[goldenResponse](t, "testdata/responses.json") {
		want := g.Want.response()
		got, err := protocol.FormatJSON.DecodeResponse(g.Frame)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: DecodeResponse(%s) = %+v, %v, want %+v", g.Source, g.Frame, got, err, want)
		}
		if b := protocol.FormatJSON.AppendResponse([]byte("before"), want); string(b) != "before"+string(g.Written) {
			t.Errorf("%s: AppendResponse = %s, want before%s", g.Source, b, g.Written)
		}
		if again, err := protocol.FormatJSON.DecodeResponse(g.Written); err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%s: DecodeResponse(%s) = %+v, %v, want %+v", g.Source, g.Written, again, err, want)
		}
	}
}
