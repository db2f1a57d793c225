package connectcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/protocol"
)

// task is what a line does.
type task = func(context.Context) error

// talkHelp is what /help prints.
const talkHelp = `/to group NAME     send lines to a group; /to event NAME as an event; /to shows which
/join GROUP        join a group; /leave GROUP leaves it
/groups            list the groups that this client joined
/send GROUP TEXT   send text to a group, whatever /to says
/json JSON         send JSON where lines go; /binary FILE sends the bytes of a file
/raw FRAME         send a text frame as it is; --debug shows frames and answers
/ping              measure the time to the service and back
/quit              disconnect, as Ctrl-D and Ctrl-C do
//TEXT             send a line that begins with /
`

// talkCommand is a command of the prompt.
type talkCommand struct {
	usage string // its argument, "" for none
	make  func(t *conversation, arg string) (task, error)
}

// talkCommands returns the commands by name.
func talkCommands() map[string]talkCommand {
	return map[string]talkCommand{
		"to":     {"[group NAME | event NAME]", (*conversation).to},
		"join":   {"GROUP", (*conversation).joinGroup},
		"leave":  {"GROUP", (*conversation).leaveGroup},
		"groups": {"", (*conversation).groups},
		"send":   {"GROUP TEXT", (*conversation).sendTo},
		"json":   {"JSON", (*conversation).json},
		"binary": {"FILE", (*conversation).binary},
		"raw":    {"FRAME", (*conversation).raw},
		"ping":   {"", (*conversation).ping},
		"help":   {"", (*conversation).help},
		"quit":   {"", func(*conversation, string) (task, error) { return nil, errLeft }},
	}
}

// command returns what a line does that begins with a slash.
func (t *conversation) command(line string) (task, error) {
	name, arg, _ := strings.Cut(line, " ")
	c, known := talkCommands()[name]
	arg = strings.TrimLeft(arg, " ")
	switch {
	case !known:
		return nil, cli.Usage(fmt.Sprintf("unknown command %q", "/"+name), "/help lists the commands; to send a line that begins with /, write //")
	case c.usage == "" && arg != "":
		return nil, cli.Usage("/"+name+" has no argument", "/help lists the commands")
	case arg == "" && c.usage != "" && !strings.HasPrefix(c.usage, "["):
		return nil, cli.Usage("an argument of /"+name+" is missing", "write /"+name+" "+c.usage)
	}
	return c.make(t, arg)
}

// to sets or shows where lines go.
func (t *conversation) to(arg string) (task, error) {
	kind, name, _ := strings.Cut(arg, " ")
	name = strings.TrimSpace(name)
	var err error
	switch {
	case arg == "":
		t.sayTarget()
		return nil, nil
	case kind == "group":
		err = t.checkGroup(name)
		if err == nil {
			t.setTarget(target{group: name})
		}
	case kind == "event" && t.s.o.simple() && name != "message":
		err = cli.Usage("a simple client sends only the event message", "write /to event message")
	case kind == "event":
		if err = protocol.CheckEventName(name); err == nil {
			t.setTarget(target{event: name})
		}
	default:
		err = cli.Usage(fmt.Sprintf("/to %s is neither a group nor an event", kind), "write /to group NAME or /to event NAME")
	}
	return nil, err
}

// checkGroup checks the name of a group, and that this client can name groups.
func (t *conversation) checkGroup(name string) error {
	if t.s.o.simple() {
		return cli.Usage("a client without subprotocol cannot name groups", "start wps connect without --subprotocol none")
	}
	return protocol.CheckGroup(name)
}

func (t *conversation) joinGroup(group string) (task, error) {
	group = strings.TrimRight(group, " ") // the tab key adds one
	return func(ctx context.Context) error {
		err := t.s.join(ctx, group)
		if err == nil {
			t.setJoined(group, true)
		}
		return err
	}, t.checkGroup(group)
}

func (t *conversation) leaveGroup(group string) (task, error) {
	group = strings.TrimRight(group, " ")
	return func(ctx context.Context) error {
		if err := t.s.conn.Load().LeaveGroup(ctx, group); err != nil {
			return explain.Role(fmt.Errorf("leave group %q: %w", group, err), protocol.PermissionJoinLeaveGroup, group)
		}
		t.setJoined(group, false)
		t.s.sayDim(fmt.Sprintf("left group %q", group))
		return nil
	}, t.checkGroup(group)
}

// setJoined notes that this client joined or left a group.
func (t *conversation) setJoined(group string, joined bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.joined = slices.DeleteFunc(t.joined, func(g string) bool { return g == group })
	if joined {
		t.joined = append(t.joined, group)
	}
}

// joinedGroups returns the groups that a new connection is to join.
func (s *session) joinedGroups() []string {
	if s.talk == nil {
		return s.o.join
	}
	s.talk.mu.Lock()
	defer s.talk.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.talk.joined), func(g string) bool { return slices.Contains(s.o.groups, g) })
}

// groups prints the groups when the lines before are done.
func (t *conversation) groups(string) (task, error) {
	return func(context.Context) error {
		t.mu.Lock()
		defer t.mu.Unlock()
		if len(t.joined) == 0 {
			t.s.sayDim("no group was joined; an event handler may have added groups")
			return nil
		}
		for _, g := range t.joined {
			t.s.sayDim(g)
		}
		return nil
	}, nil
}

func (t *conversation) sendTo(arg string) (task, error) {
	group, text, found := strings.Cut(arg, " ")
	if !found {
		return nil, cli.Usage("the text is missing", "write /send GROUP TEXT")
	}
	if err := t.checkGroup(group); err != nil {
		return nil, err
	}
	return t.send(target{group: group}, protocol.DataTypeText, []byte(text))
}

func (t *conversation) json(text string) (task, error) {
	if !json.Valid([]byte(text)) {
		return nil, cli.Usage("it is not JSON", "quote text, as in /json {\"name\":\"ana\"}")
	}
	return t.send(t.target, protocol.DataTypeJSON, []byte(text))
}

func (t *conversation) binary(path string) (task, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cli.Usage(err.Error(), "/binary needs a file that can be read")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, protocol.MaxMessageSize+1))
	switch {
	case err != nil:
		return nil, cli.Usage(err.Error(), "/binary needs a file that can be read")
	case len(data) > protocol.MaxMessageSize:
		return nil, cli.Usage(fmt.Sprintf("%s is larger than %d bytes, the most that the service accepts", path, protocol.MaxMessageSize), explain.TooLargeHint)
	}
	return t.send(t.target, protocol.DataTypeBinary, data)
}

func (t *conversation) raw(frame string) (task, error) {
	return func(ctx context.Context) error { return t.s.conn.Load().SendFrame(ctx, []byte(frame)) }, nil
}

func (t *conversation) ping(string) (task, error) {
	return func(ctx context.Context) error {
		start := time.Now()
		if err := t.s.conn.Load().Ping(ctx); err != nil {
			return err
		}
		t.s.sayDim("answered in " + cli.FormatDuration(time.Since(start)))
		return nil
	}, nil
}

func (t *conversation) help(string) (task, error) {
	_, err := io.WriteString(t.s.env.Out.Stderr, talkHelp)
	return nil, err
}

// send returns the task that sends data to a target.
func (t *conversation) send(to target, dataType protocol.DataType, data []byte) (task, error) {
	if to == (target{}) {
		return nil, cli.Usage("the line was not sent: it has no target", "/to group NAME or /to event NAME sets one; /send GROUP TEXT needs none")
	}
	if err := checkLine(dataType, data); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		pending, err := t.s.sendData(ctx, to, dataType, data)
		if err == nil && pending != nil {
			err = pending.Wait(ctx)
		}
		if err == nil && t.s.o.acks {
			return t.s.printAck()
		}
		return explain.Line(err, to.group, to.event)
	}, nil
}

// sendData sends data. The ack of a message to a group is then pending.
func (s *session) sendData(ctx context.Context, to target, dataType protocol.DataType, data []byte) (*ws.Pending, error) {
	conn := s.conn.Load()
	switch {
	case s.o.simple() && dataType == protocol.DataTypeJSON: // a simple client sends JSON as text
		return nil, conn.SendRaw(ctx, protocol.DataTypeText, data)
	case s.o.simple():
		return nil, conn.SendRaw(ctx, dataType, data)
	case to.group != "":
		return conn.StartSendToGroup(ctx, to.group, ws.SendOptions{DataType: dataType, NoEcho: s.o.noEcho}, data)
	}
	return nil, conn.SendEvent(ctx, to.event, ws.EventOptions{DataType: dataType}, data)
}
