package trigger

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"wps/protocol"
)

// builtins are hooks for experiments and tests.
var builtins = map[string]func(ev *Event, log *slog.Logger) Answer{
	":accept": func(*Event, *slog.Logger) Answer { return Answer{} },
	":reject": func(*Event, *slog.Logger) Answer {
		return Answer{Error: &Error{Status: http.StatusUnauthorized, Text: "rejected"}}
	},
	":echo": echo,
	":log": func(ev *Event, log *slog.Logger) Answer {
		log.Warn("event", "event", ev.EventContext.Event, "hub", ev.Hub, "connectionId", ev.ConnectionID,
			"userId", ev.UserID, "data", string(ev.Body))
		return Answer{}
	},
}

// echo answers a message with the same message and accepts any other event.
func echo(ev *Event, _ *slog.Logger) Answer {
	if ev.Kind != protocol.EventUser {
		return Answer{}
	}
	return Answer{Message: ev.Body, DataType: ev.DataType}
}

// Builtins returns the names of the built-in hooks, in order.
func Builtins() []string { return slices.Sorted(maps.Keys(builtins)) }

// Builtin returns the built-in hook of a name: ":echo" answers a message with the
// same message, ":accept" accepts every event, ":reject" refuses every event, and
// ":log" accepts every event and writes it to log, which may be nil.
func Builtin(name string, log *slog.Logger) (Hook, error) {
	answer, ok := builtins[strings.ToLower(name)]
	if !ok {
		return nil, fmt.Errorf("hook %q is unknown: use %s or a command", name, strings.Join(Builtins(), ", "))
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &builtin{strings.ToLower(name), answer, log}, nil
}

type builtin struct {
	name   string
	answer func(*Event, *slog.Logger) Answer
	log    *slog.Logger
}

func (b *builtin) Answer(_ context.Context, ev *Event) (Answer, error) {
	return b.answer(ev, b.log), nil
}

func (b *builtin) Close(context.Context) error { return nil }
func (b *builtin) String() string              { return b.name }
