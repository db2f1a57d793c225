package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/output"
	"wps/protocol"
)

// Check checks an event object. Its error is a usage error that names flags instead
// of members.
func Check(ev output.Event) error {
	err := ev.Check()
	var faulty *output.FaultError
	if err == nil || !errors.As(err, &faulty) {
		return err
	}
	texts := make([]string, len(faulty.Faults))
	for i, f := range faulty.Faults {
		texts[i] = flagFault(f)
	}
	wrong := cli.Usagef("%s", strings.Join(texts, "; "))
	if m, isMessage := ev.(*output.MessageEvent); isMessage {
		wrong = withMessageHint(wrong, m)
	}
	return wrong
}

// flagNames maps members of event objects to flags. The fault of another member
// names the value itself, such as "group name is empty".
var flagNames = map[string]string{
	"message": "the message", "dataType": "--data-type", "excludes": "--exclude",
	"filter": "--filter", "ttlSeconds": "--ttl", "metadata": "--meta",
}

var targetNames = strings.NewReplacer(
	"targetType ", "", "All", "--all", "Groups", "--group", "Users", "--user", "Connections", "--connection")

func flagFault(f output.Fault) string {
	name := flagNames[f.Member]
	text, unusable := strings.CutPrefix(f.Text, "cannot be used: ")
	switch {
	case name == "":
		return text
	case unusable:
		return name + ": " + text
	case f.Member == "excludes", f.Member == "filter":
		return name + " " + targetNames.Replace(text)
	}
	return name + " " + text
}

// withMessageHint adds a hint if the message itself is wrong.
func withMessageHint(wrong error, m *output.MessageEvent) error {
	var usage *cli.UsageError
	if !errors.As(wrong, &usage) {
		return wrong
	}
	switch {
	case len(m.Message) > protocol.MaxMessageSize:
		usage.Hint = explain.TooLargeHint
	case m.DataType == protocol.DataTypeJSON && !json.Valid(m.Message):
		usage.Hint = "fix the JSON, or send it unchanged with --data-type text"
	case m.DataType == protocol.DataTypeText && (bytes.HasPrefix(m.Message, []byte("\xff\xfe")) || bytes.HasPrefix(m.Message, []byte("\xfe\xff"))):
		usage.Text, usage.Hint = "the message is UTF-16 text, not UTF-8", "write it with \"Out-File -Encoding utf8\" or convert it with iconv; --data-type binary sends the bytes unchanged"
	case m.DataType == protocol.DataTypeText && !utf8.Valid(m.Message):
		usage.Text, usage.Hint = "the message is not UTF-8 text", "add --data-type binary to send the bytes unchanged"
	}
	return usage
}
