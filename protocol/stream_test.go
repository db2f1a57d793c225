package protocol_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"wps/protocol"
)

// requestCase and responseCase are a frame in both formats.
type requestCase struct {
	json, hex string
	want      protocol.Request
}

type responseCase struct {
	json, hex string
	want      protocol.Response
}

// streamRequests are the requests of streams in both formats.
var streamRequests = []requestCase{
	{
		`{"type":"sendToGroup","group":"g","noEcho":true,"stream":{"streamId":"s1","idleTimeoutMs":300}}`,
		"0A0E 0A0167 2001 3A07 0A027331 10AC02", protocol.Request{
			Type: protocol.RequestSendToGroup, Group: "g", NoEcho: true,
			Stream: &protocol.StreamRequest{ID: "s1", IdleTimeout: 300, HasIdleTimeout: true},
		},
	},
	{
		`{"type":"streamData","streamId":"s1","streamSequenceId":1,"dataType":"text","data":"x"}`,
		"6A0B 0A027331 1001 1A03 0A0178", protocol.Request{
			Type: protocol.RequestStreamData, DataType: protocol.DataTypeText, Data: []byte("x"),
			Stream: &protocol.StreamRequest{ID: "s1", SequenceID: 1},
		},
	},
	{
		`{"type":"streamData","streamId":"s1"}`, "6A04 0A027331", protocol.Request{
			Type: protocol.RequestStreamData, Stream: &protocol.StreamRequest{ID: "s1", KeepAlive: true},
		},
	},
	{
		`{"type":"streamEnd","streamId":"s1"}`, "7204 0A027331", protocol.Request{
			Type: protocol.RequestStreamEnd, Stream: &protocol.StreamRequest{ID: "s1"},
		},
	},
	{
		`{"type":"streamEnd","streamId":"s1","error":{"message":"m","userErrorCode":"c"}}`,
		"720C 0A027331 1206 0A016D 120163", protocol.Request{
			Type:   protocol.RequestStreamEnd,
			Stream: &protocol.StreamRequest{ID: "s1", Failed: true, Message: "m", UserErrorCode: "c"},
		},
	},
}

// TestStreamRequests checks the frames of streams and invocations.
func TestStreamRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range slices.Concat(streamRequests, invokeRequests) {
		for f, frame := range map[protocol.Format][]byte{protocol.FormatJSON: []byte(tt.json), protocol.FormatProtobuf: unhex(t, tt.hex)} {
			got, err := f.DecodeRequest(frame)
			if err != nil || !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("format %d, %s: decode = %+v, %v, want %+v", f, tt.json, got, err, tt.want)
			}
			if got := f.AppendRequest(nil, &tt.want); !bytes.Equal(got, frame) {
				t.Errorf("format %d: encode = %q, want %q", f, got, frame)
			}
		}
	}
}

var streamResponses = []responseCase{
	{
		`{"type":"streamAck","streamId":"s1","expectedSequenceId":2}`, "3206 0A027331 1002",
		protocol.Response{Type: protocol.ResponseStreamAck, Stream: &protocol.StreamInfo{ID: "s1", SequenceID: 2}},
	},
	{
		`{"type":"streamNack","streamId":"s1","expectedSequenceId":2,"name":"n","message":"m"}`,
		"3A0C 0A027331 12016E 1A016D 2002", protocol.Response{
			Type: protocol.ResponseStreamNack, Stream: &protocol.StreamInfo{ID: "s1", SequenceID: 2, ErrorName: "n", ErrorMessage: "m"},
		},
	},
	{
		`{"type":"streamClosed","streamId":"s1"}`, "4204 0A027331",
		protocol.Response{Type: protocol.ResponseStreamClosed, Stream: &protocol.StreamInfo{ID: "s1"}},
	},
	{
		`{"type":"streamClosed","streamId":"s1","error":{"name":"n","message":"m"}}`, "420C 0A027331 1206 0A016E 12016D",
		protocol.Response{
			Type: protocol.ResponseStreamClosed, Stream: &protocol.StreamInfo{ID: "s1", ErrorName: "n", ErrorMessage: "m"},
		},
	},
	{
		`{"type":"message","from":"group","group":"g","fromUserId":null,"stream":{"streamId":"s1","streamSequenceId":3,"endOfStream":true,` +
			`"error":{"name":"n","message":"m","userErrorCode":"c"}},"dataType":"text","data":""}`,
		"1223 0A0567726F7570 120167 1A02 0A00 3213 0A027331 1003 1801 2209 0A016E 12016D 1A0163", protocol.Response{
			Type: protocol.ResponseMessage, From: protocol.FromGroup, Group: "g", DataType: protocol.DataTypeText, Data: []byte{},
			Stream: &protocol.StreamInfo{ID: "s1", SequenceID: 3, End: true, ErrorName: "n", ErrorMessage: "m", UserErrorCode: "c"},
		},
	},
}

func TestStreamResponses(t *testing.T) {
	t.Parallel()
	for _, tt := range slices.Concat(streamResponses, invokeResponses) {
		for f, frame := range map[protocol.Format][]byte{protocol.FormatJSON: []byte(tt.json), protocol.FormatProtobuf: unhex(t, tt.hex)} {
			got, err := f.DecodeResponse(frame)
			if err != nil || !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("format %d, %s: decode = %+v, %v, want %+v", f, tt.json, got, err, tt.want)
			}
			if got := f.AppendResponse(nil, &tt.want); !bytes.Equal(got, frame) {
				t.Errorf("format %d: encode = %q, want %q", f, got, frame)
			}
		}
	}
}

func TestStreamRefusals(t *testing.T) {
	t.Parallel()
	for _, frame := range []string{
		`{"type":"sendToGroup","group":"g","stream":{}}`,
		`{"type":"sendToGroup","group":"g","stream":[]}`,
		`{"type":"sendToGroup","group":"g","stream":{"streamId":1}}`,
		`{"type":"sendToGroup","group":"g","stream":{"streamId":"s","idleTimeoutMs":-1}}`,
		`{"type":"sendToGroup","group":"g","ackId":1,"stream":{"streamId":"s"}}`,
		`{"type":"sendToGroup","group":"g","data":1,"stream":{"streamId":"s"}}`,
		`{"type":"sendToGroup","group":" ","stream":{"streamId":"s"}}`,
		`{"type":"event","event":"e","data":1,"stream":{"streamId":"s"}}`,
		`{"type":"streamData"}`,
		`{"type":"streamData","streamId":"s","data":1}`,
		`{"type":"streamData","streamId":"s","streamSequenceId":1}`,
		`{"type":"streamData","streamId":"s","streamSequenceId":"1","data":1}`,
		`{"type":"streamEnd"}`,
		`{"type":"streamEnd","streamId":"s","error":"x"}`,
		`{"type":"streamEnd","streamId":"s","error":{"message":1}}`,
	} {
		if r, err := protocol.FormatJSON.DecodeRequest([]byte(frame)); err == nil {
			t.Errorf("%s: %+v, %v, want an error", frame, r, err)
		}
	}
}
