package inspector

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"wps/cmd/internal/cli"
	"wps/output"
	"wps/protocol"
)

// words are those of a wps command: its name, flags and arguments.
type words struct{ name, flags, args []string }

// flag adds a flag.
func (w *words) flag(name, value string) {
	if value == "" || strings.HasPrefix(value, "-") { // it could be taken for a flag
		w.flags = append(w.flags, "--"+name+"="+value)
		return
	}
	w.flags = append(w.flags, "--"+name, value)
}

// target adds the flag of a target; none for the whole hub.
func (w *words) target(t protocol.Target) {
	switch t.Kind {
	case protocol.TargetGroup:
		w.flag("group", t.ID)
	case protocol.TargetUser:
		w.flag("user", t.ID)
	case protocol.TargetConnection:
		w.flag("connection", t.ID)
	}
}

// line returns the command for a POSIX shell.
func (w *words) line() string {
	all := slices.Concat([]string{"wps"}, w.name, w.flags)
	if slices.ContainsFunc(w.args, func(s string) bool { return strings.HasPrefix(s, "-") }) {
		all = append(all, "--")
	}
	all = append(all, w.args...)
	for i, word := range all {
		all[i] = cli.ShellWord(word)
	}
	return strings.Join(all, " ")
}

// Command returns the wps command that runs an event object in a hub, for a POSIX
// shell. One that no command has is piped into wps apply.
func Command(hub string, ev output.Event) string {
	w := words{}
	w.flag("hub", hub)
	known := true
	switch e := ev.(type) {
	case *output.MessageEvent:
		known = w.send(e)
	case *output.GroupEvent:
		known = w.group(e)
	case *output.CloseConnectionEvent:
		w.close(e)
	case *output.ExistenceEvent:
		w.name = []string{"exists"}
		w.target(e.Target())
	case *output.PermissionEvent:
		w.name = []string{"permission", strings.ToLower(string(e.PermissionAction))}
		w.flag("connection", e.ConnectionID)
		w.flag("group", e.TargetName)
		w.args = []string{string(e.Permission)}
	}
	if known {
		return w.line()
	}
	text, err := ev.MarshalJSON()
	if err != nil {
		return "" // unreachable: the event was read from JSON
	}
	apply := words{name: []string{"apply"}}
	apply.flag("hub", hub)
	return "printf %s " + cli.ShellWord(string(text)) + " | " + apply.line()
}

// send reports whether an argument can hold the message.
func (w *words) send(e *output.MessageEvent) bool {
	text := string(e.Message)
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || text == "" || text == "-" {
		return false
	}
	w.name, w.args = []string{"send"}, []string{text}
	w.target(e.Target())
	for _, id := range e.Excludes {
		w.flag("exclude", id)
	}
	if e.Filter != "" {
		w.flag("filter", e.Filter)
	}
	if e.TTLSeconds > 0 {
		w.flag("ttl", fmt.Sprintf("%ds", e.TTLSeconds))
	}
	for _, key := range slices.Sorted(maps.Keys(e.Metadata)) {
		w.flag("meta", key+"="+e.Metadata[key])
	}
	if d := cmp.Or(e.DataType, protocol.DataTypeBinary); d != protocol.DataTypeText {
		w.flag("data-type", string(d))
	}
	return true
}

// group reports whether the command has this change of groups.
func (w *words) group(e *output.GroupEvent) bool {
	w.name = []string{"group", strings.ToLower(string(e.GroupAction))}
	switch {
	case e.TargetType == output.TargetAll:
		if len(e.GroupIDs) != 1 || e.Filter == "" {
			return false
		}
		w.flag("filter", e.Filter)
		w.args = e.GroupIDs
	case e.GroupAction == output.GroupLeaveAll:
		w.name = []string{"group", "leave-all"}
		w.target(e.Target())
	default:
		w.target(e.Target())
		w.args = []string{e.GroupID}
	}
	return true
}

func (w *words) close(e *output.CloseConnectionEvent) {
	w.name = []string{"close"}
	switch t := e.Target(); t.Kind {
	case protocol.TargetConnection:
		w.args = []string{t.ID}
	case protocol.TargetAll:
		w.flags = append(w.flags, "--all", "--yes")
	default:
		w.target(t)
	}
	for _, id := range e.Excludes {
		w.flag("exclude", id)
	}
	if e.Reason != "" {
		w.flag("reason", e.Reason)
	}
}
