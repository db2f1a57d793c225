package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"wps/output"
	"wps/output/apply"
)

// A stream runs in order; with KeepGoing it continues after a failure.
func ExampleRun() {
	stream := output.NewReader(strings.NewReader(`
{"targetType":"Users","targetId":"ana","message":"one","dataType":"text"}
{"targetType":"Users","targetId":"bob","message":"two","dataType":"text"}
{"targetType":"Users","targetId":"ana","message":"three","dataType":"text"}`))
	send := func(_ context.Context, ev output.Event) (output.Result, error) {
		m := ev.(*output.MessageEvent)
		if m.TargetID == "bob" {
			return output.Result{}, errors.New("refused")
		}
		fmt.Printf("%s to %v\n", m.Message, m.Target())
		return output.Result{}, nil
	}
	summary, err := apply.Run(context.Background(), stream, send, apply.Options{
		KeepGoing: true,
		OnResult:  func(r apply.LineResult) { fmt.Printf("line %d is %s\n", r.Line, r.Status) },
	})
	fmt.Println(summary.Done, "done:", err)
	// Output:
	// one to user "ana"
	// line 2 is done
	// line 3 is failed
	// three to user "ana"
	// line 4 is done
	// 2 done: line 3: refused
}
