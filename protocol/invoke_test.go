package protocol_test

import (
	"testing"

	"wps/protocol"
)

// invokeRequests and invokeResponses are the frames of invocations, with bytes
// derived from the published field numbers.
var invokeRequests = []requestCase{
	{
		`{"type":"invoke","invocationId":"1","target":"event","event":"sum","dataType":"json","data":[1,2]}`,
		"5211 0A0373756D 120131 1A07 22055B312C325D", protocol.Request{
			Type: protocol.RequestInvoke, InvocationID: "1", Event: "sum", DataType: protocol.DataTypeJSON, Data: []byte("[1,2]"),
		},
	},
	{
		`{"type":"invoke","invocationId":"i","target":"event","event":"e","metadata":{"k":"v"},"dataType":"text","data":"x"}`,
		"5213 0A0165 120169 1A03 0A0178 2206 0A016B 120176", protocol.Request{
			Type: protocol.RequestInvoke, InvocationID: "i", Event: "e", DataType: protocol.DataTypeText, Data: []byte("x"),
			Metadata: map[string]string{"k": "v"},
		},
	},
	{
		`{"type":"cancelInvocation","invocationId":"1"}`, "5A03 0A0131",
		protocol.Request{Type: protocol.RequestCancelInvocation, InvocationID: "1"},
	},
}

var invokeResponses = []responseCase{
	{
		`{"type":"invokeResponse","invocationId":"1","success":true,"dataType":"json","data":3}`, "2A0A 0A0131 1001 1A03 220133",
		protocol.Response{Type: protocol.ResponseInvoke, InvocationID: "1", Success: true, DataType: protocol.DataTypeJSON, Data: []byte("3")},
	},
	{
		`{"type":"invokeResponse","invocationId":"1","success":true}`, "2A05 0A0131 1001",
		protocol.Response{Type: protocol.ResponseInvoke, InvocationID: "1", Success: true},
	},
	{
		`{"type":"invokeResponse","invocationId":"1","success":false,"error":{"name":"n","message":"m"}}`, "2A0B 0A0131 2206 0A016E 12016D",
		protocol.Response{Type: protocol.ResponseInvoke, InvocationID: "1", ErrorName: "n", ErrorMessage: "m"},
	},
}

// TestInvokeWithoutData: the official client omits absent data.
func TestInvokeWithoutData(t *testing.T) {
	t.Parallel()
	for f, frame := range map[protocol.Format]string{
		protocol.FormatJSON: `{"type":"INVOKE","invocationId":"1","target":"event","event":"e"}`, protocol.FormatProtobuf: string(unhex(t, "5206 0A0165 120131")),
	} {
		r, err := f.DecodeRequest([]byte(frame))
		if err != nil || r.Type != protocol.RequestInvoke || r.DataType != protocol.DataTypeText || len(r.Data) != 0 {
			t.Errorf("format %d: %+v, %v, want an empty text", f, r, err)
		}
	}
}
