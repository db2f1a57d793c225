package handlercmd

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"wps/cmd/internal/cli"
	"wps/emulator"
	"wps/protocol"
)

// resultJSON is the JSON of "wps trigger".
type resultJSON struct {
	Accepted bool        `json:"accepted"`
	Status   int         `json:"status"`
	Headers  http.Header `json:"headers"`
	// Body is set for a body of UTF-8 text, BodyBase64 for any other.
	Body         *string `json:"body,omitempty"`
	BodyBase64   []byte  `json:"bodyBase64,omitempty"`
	Problem      string  `json:"problem,omitempty"`
	Retried      bool    `json:"retried,omitempty"`
	ClientStatus int     `json:"clientStatus,omitempty"`
	UserID       *string `json:"userId,omitempty"`
	// An empty list removes all roles.
	Roles       []string     `json:"roles,omitzero"`
	Groups      []string     `json:"groups,omitempty"`
	Subprotocol *string      `json:"subprotocol,omitempty"`
	Message     *messageJSON `json:"message,omitempty"`
	State       *string      `json:"state,omitempty"`
}

type messageJSON struct {
	DataType protocol.DataType `json:"dataType"`
	Data     any               `json:"data"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// printResult prints an answer and its effects.
func printResult(env *cli.Env, c *protocol.EventContext, v *emulator.EventResult, took time.Duration) error {
	if env.Out.JSON() {
		return env.Out.PrintJSON(newResultJSON(c, v))
	}
	var b bytes.Buffer
	paint := env.Out.StdoutColors.Good
	if v.Problem != "" {
		paint = env.Out.StdoutColors.Bad
	}
	fmt.Fprintf(&b, "%s %s\n", paint(strings.TrimSpace(fmt.Sprintf("%d %s", v.Status, http.StatusText(v.Status)))), env.Out.StdoutColors.Dim(cli.FormatDuration(took)))
	for _, name := range []string{"Content-Type", protocol.HeaderConnectionState, "Retry-After"} {
		if value := v.Header.Get(name); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, env.Out.Printable(value))
		}
	}
	b.WriteByte('\n')
	if len(v.Body) > 0 {
		fmt.Fprintf(&b, "%s\n\n", env.Out.PrintableLines(strings.TrimSuffix(string(v.Body), "\n"), "  "))
	}
	for _, line := range effects(c, v) {
		fmt.Fprintln(&b, env.Out.Printable(line))
	}
	return env.Out.Write(b.Bytes())
}

// effects describes how the service would process an answer.
func effects(c *protocol.EventContext, v *emulator.EventResult) []string {
	switch {
	case v.Problem != "":
		return failureEffects(c, v)
	case !c.Blocking():
		return []string{"accepted: the service does not wait for this answer"}
	case c.Kind == protocol.EventUser:
		return append([]string{"accepted: " + messageEffect(v.Message)}, stateEffect(v)...)
	}
	lines := []string{"accepted: the client may connect"}
	if v.UserID != nil {
		lines = append(lines, fmt.Sprintf("  its user id becomes %q", *v.UserID))
	}
	if v.Roles != nil {
		lines = append(lines, "  its roles become "+orNone(v.Roles))
	}
	if v.Groups != nil {
		lines = append(lines, "  it is in group "+strings.Join(v.Groups, ", "))
	}
	if v.Subprotocol != nil {
		lines = append(lines, "  its subprotocol is "+*v.Subprotocol)
	}
	return append(lines, stateEffect(v)...)
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

func messageEffect(m *protocol.Response) string {
	switch {
	case m == nil:
		return "the client receives no message"
	case m.DataType == protocol.DataTypeJSON:
		return "the client receives json " + oneLine(compactJSON(m.Data))
	case m.DataType == protocol.DataTypeText:
		return fmt.Sprintf("the client receives %s %s", m.DataType, oneLine(m.Data))
	}
	return fmt.Sprintf("the client receives %d bytes of %s data", len(m.Data), m.DataType)
}

// oneLine returns text as it is, or quoted if it has line breaks or other control
// characters.
func oneLine(data []byte) string {
	if bytes.ContainsFunc(data, unicode.IsControl) {
		return strconv.Quote(string(data))
	}
	return string(data)
}

// compactJSON returns a JSON value without white space, or data that is not JSON as
// it is.
func compactJSON(data []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, data) != nil {
		return data
	}
	return b.Bytes()
}

func stateEffect(v *emulator.EventResult) []string {
	if v.State == nil {
		return nil
	}
	if object, ok := protocol.DecodeState(*v.State); ok {
		return []string{"  the connection's state becomes " + string(object)}
	}
	return []string{fmt.Sprintf("  the connection's state becomes %q", *v.State)}
}

// failureEffects describes how the service would process a failure.
func failureEffects(c *protocol.EventContext, v *emulator.EventResult) []string {
	var lines []string
	switch {
	case !c.Blocking():
		lines = append(lines, "refused: "+v.Problem+"; the service only logs it")
	case c.Kind == protocol.EventUser:
		lines = append(lines, "refused: "+v.Problem,
			"  a simple client is closed with 1011; others receive an ack with InternalServerError, if they asked for one")
	default:
		lines = append(lines, "refused: "+v.Problem, fmt.Sprintf("  the client's handshake fails with %d", v.ClientStatus))
	}
	if v.Retried {
		lines = append(lines, "  before that the service retries after 1, 3 and 5 s")
	}
	return lines
}

func newResultJSON(c *protocol.EventContext, v *emulator.EventResult) resultJSON {
	out := resultJSON{
		Accepted: v.Problem == "", Status: v.Status, Headers: v.Header, Problem: v.Problem, Retried: v.Retried,
		UserID: v.UserID, Roles: v.Roles, Groups: v.Groups, Subprotocol: v.Subprotocol, State: v.State,
	}
	if c.Kind == protocol.EventSystem && c.Event == protocol.EventConnect {
		out.ClientStatus = v.ClientStatus
	}
	switch text := string(v.Body); {
	case text == "":
	case utf8.ValidString(text):
		out.Body = &text
	default:
		out.BodyBase64 = v.Body
	}
	if m := v.Message; m != nil {
		out.Message = &messageJSON{m.DataType, base64.StdEncoding.EncodeToString(m.Data), m.Metadata}
		switch m.DataType {
		case protocol.DataTypeText:
			out.Message.Data = string(m.Data)
		case protocol.DataTypeJSON:
			out.Message.Data = json.RawMessage(m.Data)
		}
	}
	return out
}
