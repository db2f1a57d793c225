package connectcmd

import (
	"bytes"
	"strconv"
	"strings"

	"wps/protocol"
)

// printJSON prints the JSON line of a message. It reports whether something was
// printed, which --jq may prevent.
func (s *session) printJSON(m *protocol.Response) (printed bool, err error) {
	if isPlainText(m) {
		s.line = escapeSeparators(appendTextLine(s.line[:0], m))
		if printed, err = s.env.Out.PrintEncoded(s.line); printed || err != nil {
			return printed, err
		}
	}
	n, err := s.env.Out.PrintFiltered(lineOf(m))
	return n > 0, err
}

// isPlainText reports whether m is one of the messages of which there are most: text
// without metadata.
func isPlainText(m *protocol.Response) bool {
	return m.Type == protocol.ResponseMessage && m.DataType == protocol.DataTypeText && len(m.Metadata) == 0
}

// appendTextLine appends the messageLine of a message that isPlainText, faster than
// encoding/json does.
func appendTextLine(dst []byte, m *protocol.Response) []byte {
	dst = append(dst, `{"type":"message"`...)
	for _, member := range [...]struct{ name, value string }{{"from", m.From}, {"group", m.Group}, {"fromUserId", m.FromUserID}} {
		if member.value != "" {
			dst = append(dst, `,"`...)
			dst = append(dst, member.name...)
			dst = protocol.AppendJSONString(append(dst, `":`...), member.value)
		}
	}
	dst = append(dst, `,"dataType":"text","data":`...)
	dst = protocol.AppendJSONString(dst, string(m.Data))
	if m.SequenceID > 0 {
		dst = strconv.AppendUint(append(dst, `,"sequenceId":`...), m.SequenceID, 10)
	}
	return append(dst, "}\n"...)
}

// separators are the line ends of Unicode, which many readers of lines split at, and
// how encoding/json escapes them.
var separators = strings.NewReplacer("\u2028", `\u2028`, "\u2029", `\u2029`)

// escapeSeparators escapes the separators of a line.
func escapeSeparators(line []byte) []byte {
	if !bytes.Contains(line, []byte("\u2028"[:2])) { // the bytes with which both begin
		return line
	}
	return []byte(separators.Replace(string(line)))
}
