package handlercmd

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/record"
	"wps/emulator"
	"wps/token"
)

// ofRecording are the flags for what a recording has.
var ofRecording = []string{"claim", "query", "header", "subprotocol", "state", "data", "data-type", "meta", "reason", "group"}

// checkRecorded checks the flags and arguments of an event from a recording.
func (o *triggerOptions) checkRecorded(given cli.FlagNames, args []string) error {
	switch {
	case o.from == "":
		return cli.Usagef("--line goes with --from")
	case len(args) > 0:
		return cli.Usagef("EVENT and --from exclude each other: the recording has the event")
	case o.to == "":
		return cli.Usagef("no event handler: add --to URL")
	case !given["line"]:
		return cli.Usage("--from needs --line", "name the line of the recording that has the event; wps replay sends all of them")
	}
	if name := given.First(ofRecording...); name != "" {
		return cli.Usagef("--%s and --from exclude each other: the recording has it", name)
	}
	return nil
}

// runRecorded sends the event in a line of a recording.
func runRecorded(ctx context.Context, env *cli.Env, o *triggerOptions) error {
	object, err := record.Line(o.from, o.line)
	if err != nil {
		return err
	}
	r, err := object.EventRequest()
	if err != nil {
		return cli.Usage(fmt.Sprintf("%s, line %d: %v", o.from, o.line, err), "choose a line whose type is event, of a recording with its data")
	}
	cs, _, err := env.Settings.Service()
	if err != nil {
		return err
	}
	keys, err := cli.ReadKeys(cs, o.keys)
	if err != nil {
		return err
	}
	e := &handlerEvent{EventContext: r.EventContext, header: r.Header, body: r.Body, offered: r.Offered}
	e.UserID, e.ConnectionID = cmp.Or(o.user, e.UserID), cmp.Or(o.connection, e.ConnectionID)
	e.ID, e.Time, e.Signature = cmp.Or(o.id, emulator.NewEventID()), time.Now(), token.Signature(e.ConnectionID, keys...)
	return o.deliver(ctx, env, cs, e)
}
