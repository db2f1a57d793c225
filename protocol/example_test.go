package protocol_test

import (
	"fmt"

	"wps/protocol"
)

func ExampleFormat_DecodeRequest() {
	frame := []byte(`{"type":"sendToGroup","group":"g1","dataType":"text","data":"hi","ackId":1}`)
	r, err := protocol.FormatJSON.DecodeRequest(frame)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %s %s %q %d\n", r.Type, r.Group, r.DataType, r.Data, r.AckID)

	_, err = protocol.FormatJSON.DecodeRequest([]byte(`{"type":"joinGroup","ackId":-1}`))
	fmt.Println(err)
	// Output:
	// sendToGroup g1 text "hi" 1
	// invalid frame: group is missing; ackId is not an unsigned 64-bit number
}

func ExampleFormat_AppendResponse() {
	r := &protocol.Response{
		Type: protocol.ResponseMessage, From: protocol.FromServer, DataType: protocol.DataTypeText, Data: []byte("hi"),
	}
	fmt.Printf("%s\n", protocol.FormatJSON.AppendResponse(nil, r))
	fmt.Printf("%x\n", protocol.FormatProtobuf.AppendResponse(nil, r))
	// Output:
	// {"type":"message","from":"server","dataType":"text","data":"hi"}
	// 120e0a067365727665721a040a026869
}

func ExampleSend_Check() {
	m := protocol.Send{Excluded: []string{"c1"}, TTLSeconds: 600}
	fmt.Println(m.Check(protocol.Target{Kind: protocol.TargetUser, ID: "u1"}))
	// Output:
	// connections cannot be excluded when sending to user "u1"; time to live is 600 seconds, it must be 0 to 300
}
