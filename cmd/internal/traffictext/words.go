package traffictext

import (
	"fmt"

	"wps/cmd/internal/cli"
	"wps/protocol"
	"wps/protocol/traffic"
)

// shortID is how much of a connection id is shown where the width is limited.
const shortID = 8

// wordList collects the words of a line.
type wordList []string

// add adds a word unless its value is empty.
func (w *wordList) add(format, value string) {
	if value != "" {
		*w = append(*w, fmt.Sprintf(format, value))
	}
}

// words returns what the line of an object says after its type; short cuts ids.
func words(o *traffic.Object, short bool) []string {
	var w wordList
	id := o.ConnectionID
	if short && len(id) > shortID+1 {
		id = id[:shortID] + "…"
	}
	if short {
		w.add("%s", o.Hub)
		w.add("%s", id)
		w.add("%s", o.UserID)
	} else {
		w.add("hub %s", o.Hub)
		w.add("connection %s", id)
		w.add("user %q", o.UserID)
	}
	w.addSubject(o)
	if o.Type == traffic.Opened {
		w.add("%s", o.Subprotocol)
	}
	if o.CloseCode != 0 {
		w.add("%s", fmt.Sprint(o.CloseCode))
	}
	if o.Grant != nil {
		w.addGrant(o)
	}
	w.add("%s", o.Code)
	w.add("(%s)", o.Reason)
	if o.Type == traffic.Dropped || o.Type == traffic.Sampled {
		w = append(w, cli.Plural(o.Count, "event")+" not shown")
	}
	return w
}

// addSubject adds what the object is about: a group, a frame, a message, an event, a
// request.
func (w *wordList) addSubject(o *traffic.Object) {
	if o.Frame != nil {
		w.add("%s", o.Request)
	}
	w.add("group %q", o.Group)
	switch {
	case o.Fanout != nil:
		to := protocol.Target{Kind: o.Target, ID: o.TargetID}
		*w = append(*w, fmt.Sprintf("to %s: %s, %s", to, size(o.Payload), cli.Plural(o.Receivers, "receiver")))
	case o.Handling != nil:
		w.addEvent(o)
	case o.HTTP != nil:
		*w = append(*w, fmt.Sprintf("%d %s %s", o.Status, o.Method, o.Path))
		if o.Type == traffic.REST {
			*w = append(*w, fmt.Sprintf("in %v ms", o.Milliseconds))
		}
	case o.Payload != nil:
		w.add("%q", o.Event)
		*w = append(*w, size(o.Payload))
	default:
		w.add("%q", o.Event)
	}
}

// size returns the size and the type of a payload.
func size(p *traffic.Payload) string {
	if p == nil {
		return "no data"
	}
	text := cli.Plural(p.Bytes, "byte")
	if p.DataType != "" {
		text += ", " + string(p.DataType)
	}
	return text
}

func (w *wordList) addEvent(o *traffic.Object) {
	w.add("%q:", o.Event)
	if o.Status != 0 {
		*w = append(*w, fmt.Sprintf("%d in %v ms", o.Status, o.Milliseconds))
	}
	if n := len(o.Attempts); n > 1 {
		*w = append(*w, fmt.Sprintf("after %d attempts", n))
	}
	w.add("by %s", o.Hook)
	if o.Repeated {
		*w = append(*w, "repeated, same answer")
	}
}

func (w *wordList) addGrant(o *traffic.Object) {
	verb := "revoked"
	if o.Granted {
		verb = "granted"
	}
	*w = append(*w, verb+" "+string(o.Permission))
}
