package handlercmd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/smallinput"
	"wps/cmd/internal/stdio"
	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

// handlerEvent is an event for an event handler.
type handlerEvent struct {
	protocol.EventContext
	header  http.Header
	body    []byte
	offered []string // subprotocols, of connect
}

// event returns the event that the flags describe.
func (o *triggerOptions) event(ctx context.Context, env *cli.Env, cs token.ConnectionString, k trigger.Key) (*handlerEvent, error) {
	keys, err := cli.ReadKeys(cs, o.keys)
	if err != nil {
		return nil, err
	}
	e := &handlerEvent{header: http.Header{"Content-Type": {"application/json"}}}
	e.Kind, e.Event, e.Hub, e.UserID, e.Time = k.Kind, k.Event, k.Hub, o.user, time.Now()
	e.ConnectionID, e.ID = o.connection, o.id
	if e.ConnectionID == "" {
		e.ConnectionID = rand.Text()
	}
	if e.ID == "" {
		e.ID = usualID(k)
	}
	e.Signature = token.Signature(e.ConnectionID, keys...)
	if o.hasState {
		e.State, e.HasState = encodeState(o.state), true
	}
	if isConnect(k) {
		e.offered = o.subprotocols
	} else if len(o.subprotocols) > 0 {
		e.Subprotocol = o.subprotocols[0]
	}
	return e, o.fill(ctx, env, e)
}

// usualID returns the number of an event in a new connection.
func usualID(k trigger.Key) string {
	switch {
	case isConnect(k):
		return "0"
	case k.Kind == protocol.EventSystem && k.Event == protocol.EventConnected:
		return "1"
	}
	return "2"
}

// encodeState encodes a JSON object as the official middleware does, and returns
// any other text as it is.
func encodeState(text string) string {
	if state, err := protocol.MergeState("", json.RawMessage(text)); err == nil {
		return state
	}
	return text
}

// fill sets the body of an event, and the headers that depend on it.
func (o *triggerOptions) fill(ctx context.Context, env *cli.Env, e *handlerEvent) (err error) {
	switch {
	case e.Kind == protocol.EventUser:
		return o.fillUser(ctx, env, e)
	case e.Kind == protocol.EventGroup:
		e.body, err = json.Marshal(protocol.GroupRequest{Group: o.group})
	case e.Event == protocol.EventConnect:
		return o.fillConnect(e)
	case e.Event == protocol.EventDisconnected:
		e.body, err = json.Marshal(protocol.DisconnectedRequest{Reason: o.reason})
	default:
		e.body = []byte("{}")
	}
	return err
}

func (o *triggerOptions) fillUser(ctx context.Context, env *cli.Env, e *handlerEvent) error {
	d, err := protocol.ParseDataType(o.dataType)
	if err != nil {
		return cli.Usagef("--data-type: %v", err)
	}
	if e.body, err = o.readData(ctx, env); err != nil {
		return err
	}
	if d == protocol.DataTypeJSON {
		if e.body, err = smallinput.JSONMessage(e.body); err != nil {
			return cli.Usagef("--data: %v", err)
		}
	}
	switch {
	case d == protocol.DataTypeJSON && !json.Valid(e.body):
		return cli.Usagef("--data is not JSON, but --data-type is json")
	case d == protocol.DataTypeText && !utf8.Valid(e.body):
		return cli.Usagef("--data is not UTF-8 text: use --data-type binary")
	}
	e.header["Content-Type"] = []string{protocol.EventContentType(d)}
	metadata, err := cli.ParsePairs(o.metadata)
	if err != nil {
		return cli.Usagef("--meta %v", err)
	}
	for name, values := range metadata {
		e.header[strings.ToLower(protocol.MetadataHeader+name)] = values
	}
	return nil
}

// readData returns the data of --data: text, a file or standard input.
func (o *triggerOptions) readData(ctx context.Context, env *cli.Env) ([]byte, error) {
	if !o.hasData && !stdio.IsTerminal(env.Stdin) {
		o.data = "-"
	}
	var in io.Reader
	switch path, isFile := strings.CutPrefix(o.data, "@"); {
	case o.data == "-", o.data == "@-":
		in = stdio.NewInput(ctx, env.Stdin)
	case isFile:
		f, err := os.Open(path)
		if err != nil {
			return nil, cli.Usage(fmt.Sprintf("--data: %v", err), "@FILE reads the data from a file")
		}
		defer f.Close()
		in = f
	default:
		return []byte(o.data), nil
	}
	data, err := io.ReadAll(io.LimitReader(in, protocol.MaxMessageSize+1))
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, cli.Usage(fmt.Sprintf("--data: %s: %v", path.Path, path.Err), "@FILE reads the data from a file")
	}
	if err == nil && len(data) > protocol.MaxMessageSize {
		err = cli.Usagef("--data is larger than %d bytes, the most that a client may send", protocol.MaxMessageSize)
	}
	return data, err
}

func (o *triggerOptions) fillConnect(e *handlerEvent) (err error) {
	r := protocol.ConnectRequest{Subprotocols: append([]string{}, o.subprotocols...), ClientCertificates: []protocol.ClientCertificate{}}
	for _, m := range []struct {
		flag string
		from []string
		into *map[string][]string
	}{{"claim", o.claims, &r.Claims}, {"query", o.queries, &r.Query}, {"header", o.headers, &r.Headers}} {
		if *m.into, err = cli.ParsePairs(m.from); err != nil {
			return cli.Usagef("--%s %v", m.flag, err)
		}
	}
	if o.user != "" && r.Claims["sub"] == nil {
		r.Claims["sub"] = []string{o.user}
	}
	e.body, err = json.Marshal(r)
	return err
}
