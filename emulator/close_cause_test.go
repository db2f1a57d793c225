package emulator_test

import (
	"strings"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
)

// TestCauseOfClose: the traffic of a connection that is closed because of a message
// says what is wrong with it; the client gets the text of the service.
func TestCauseOfClose(t *testing.T) {
	t.Parallel()
	const reason = "The client message is not a valid JSON protocol message"
	for frame, cause := range map[string]string{
		`{"type":"joinGroup","group":"g","ackId":"1"}`:                        "ackId",
		`{"type":"sendToGroup","group":"g","dataType":"text","data":{"a":1}}`: "data",
		`{"type":"nonsense"}`: "nonsense",
		`{`:                   "ends",
	} {
		e := emulatortest.Run(t)
		c, _ := dialJSON(t, e, clientOptions{})
		c.send(frame)
		c.expectClose(1007, reason+".")
		last := collect(t, e, emulator.TrafficOptions{Recent: 1})[0]
		if rest, ok := strings.CutPrefix(last.Reason, reason+": "); !ok || !strings.Contains(rest, cause) {
			t.Errorf("after %.100s the reason is %q, want the cause %q", frame, last.Reason, cause)
		}
	}
}
