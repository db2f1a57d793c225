package output_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"wps/output"
	"wps/protocol"
)

// The objects that an Azure Function returns are read as they are.
func ExampleDecode() {
	ev, err := output.Decode([]byte(`{"actionName":"sendToGroup","group":"chat","data":"hi","dataType":"text"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	strict, err := ev.MarshalJSON()
	fmt.Println(string(strict), err)
	// Output: {"type":"MessageEvent","targetType":"Groups","targetId":"chat","message":"hi","dataType":"text"} <nil>
}

// Check returns all faults of an event at once.
func ExampleMessageEvent_Check() {
	ev := &output.MessageEvent{
		TargetType: output.TargetUsers, DataType: protocol.DataTypeJSON, Message: []byte(`{"n":1`),
	}
	var fault *output.FaultError
	if errors.As(ev.Check(), &fault) {
		for _, f := range fault.Faults {
			fmt.Println(f)
		}
	}
	// Output:
	// targetId cannot be used: user id is empty
	// message is not JSON: it ends too early
}

// printing is a service that prints the messages it gets.
type printing struct{ output.Service }

func (printing) Send(_ context.Context, to protocol.Target, m protocol.Send) (protocol.Outcome, error) {
	_, err := fmt.Fprintf(os.Stdout, "to %v: %s\n", to, m.Data)
	return protocol.Outcome{}, err
}

// A Reader reads a stream of event objects, past those that are faulty.
func ExampleReader() {
	in := output.NewReader(strings.NewReader(`
{"targetType":"Users","targetId":"ana","message":"hello","dataType":"text"}
{"targetType":"Users","message":"hello","dataType":"text"}
{"message":{"type":"Buffer","data":[104,105]},"dataType":"text"}`))
	for {
		ev, _, err := in.Next()
		var faulty *output.LineError
		switch {
		case errors.As(err, &faulty):
			fmt.Println(err)
			continue
		case err != nil:
			return // io.EOF
		}
		if _, err := ev.Run(context.Background(), printing{}); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// to user "ana": hello
	// line 3: targetId cannot be used: user id is empty
	// to the hub: hi
}
