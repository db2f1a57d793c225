package emulator_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"wps/emulator/emulatortest"
	"wps/protocol"
)

func streamStart(id string) string {
	return fmt.Sprintf(`{"type":"sendToGroup","group":"g","stream":{"streamId":"%s"}}`, id)
}

func streamPart(id string, n int, data string) string {
	return fmt.Sprintf(`{"type":"streamData","streamId":"%s","streamSequenceId":%d,"dataType":"text","data":"%s"}`, id, n, data)
}

func streamAcked(id string, next int) string {
	return fmt.Sprintf(`{"type":"streamAck","streamId":"%s","expectedSequenceId":%d}`, id, next)
}

// fragment is what a JSON client receives; info follows the sequence id.
func fragment(user, id string, n int, info, data string) string {
	return fmt.Sprintf(`{"type":"message","from":"group","group":"g","fromUserId":"%s","stream":{"streamId":"%s","streamSequenceId":%d%s},"dataType":"text","data":"%s"}`,
		user, id, n, info, data)
}

// TestStream: fragments in order to every kind of client, what comes again or
// too early, and the end with and without an error.
func TestStream(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	g := []string{"g"}
	c, _ := dialJSON(t, e, clientOptions{user: "u", roles: joinAny})
	reader, _ := dialJSON(t, e, clientOptions{groups: g})
	simple := dial(t, e, clientOptions{groups: g})
	proto := dial(t, e, clientOptions{groups: g, subprotocol: offer(protocol.SubprotocolProtobuf)})
	proto.response()

	c.send(streamStart("s"))
	c.expectText(streamAcked("s", 1))
	c.send(streamPart("s", 1, "a"))
	c.expectText(streamAcked("s", 2))
	c.send(streamPart("s", 3, "too early"))
	c.expectText(`{"type":"streamNack","streamId":"s","expectedSequenceId":2,"name":"InvalidSequenceId","message":"The sequence id 2 is expected, not 3."}`)
	c.send(streamPart("s", 1, "again"))
	c.expectText(streamAcked("s", 2))
	c.send(streamStart("s")) // as if its answer had been lost
	c.expectText(streamAcked("s", 2))
	c.send(streamPart("s", 2, "b"))
	c.expectText(streamAcked("s", 3))
	c.send(`{"type":"streamData","streamId":"s"}`) // a sign of life
	c.send(`{"type":"streamEnd","streamId":"s"}`)
	c.expectText(`{"type":"streamClosed","streamId":"s"}`)
	c.send(streamPart("s", 3, "late"))
	c.expectText(`{"type":"streamClosed","streamId":"s","error":{"name":"StreamNotFound","message":"There is no open stream of this id."}}`)

	c.send(streamStart("s")) // an id may be used again
	c.expectText(streamAcked("s", 1))
	c.send(`{"type":"streamEnd","streamId":"s","error":{"message":"m","userErrorCode":"7"}}`)
	c.expectText(`{"type":"streamClosed","streamId":"s"}`)

	reader.expectText(fragment("u", "s", 1, "", "a"))
	reader.expectText(fragment("u", "s", 2, "", "b"))
	reader.expectText(fragment("u", "s", 3, `,"endOfStream":true`, ""))
	reader.expectText(fragment("u", "s", 1, `,"endOfStream":true,"error":{"name":"UserError","message":"m","userErrorCode":"7"}`, ""))
	reader.silent()
	simple.expectText("a")
	simple.expectText("b")
	want(t, e, 202, post("chat/groups/g/:send", "text/plain", "end"))
	simple.expectText("end")
	for i, data := range []string{"a", "b", ""} {
		r := proto.response()
		if r.Stream == nil || r.Stream.ID != "s" || r.Stream.SequenceID != uint64(i+1) || r.Stream.End != (data == "") || string(r.Data) != data {
			t.Errorf("protobuf fragment %d = %+v, %+v", i, r, r.Stream)
		}
	}
}

// TestStreamEnds: streams that are not ended, and those that are not allowed.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	e := b.Emulator
	c, id := dialJSON(t, e, clientOptions{user: "u", roles: []string{"webpubsub.sendToGroup.g"}})
	reader, _ := dialJSON(t, e, clientOptions{groups: []string{"g"}})
	closed := func(id, name, text string) string {
		return fmt.Sprintf(`{"type":"streamClosed","streamId":"%s","error":{"name":"%s","message":"%s"}}`, id, name, text)
	}
	c.send(`{"type":"sendToGroup","group":"h","stream":{"streamId":"s"}}`)
	c.expectText(closed("s", "Forbidden", "The client does not have permission to send to group 'h'."))
	for _, start := range []string{`{"streamId":""}`, `{"streamId":"","idleTimeoutMs":5}`, `{"streamId":"","idleTimeoutMs":86400001}`} {
		c.send(`{"type":"sendToGroup","group":"g","stream":` + start + `}`)
		c.expectText(closed("", "BadRequest", "The stream needs an id and an idle timeout from 1 to 86400000 ms."))
	}
	for _, idle := range []uint32{86_400_001, math.MaxUint32} {
		c.send(fmt.Sprintf(`{"type":"sendToGroup","group":"g","stream":{"streamId":"long","idleTimeoutMs":%d}}`, idle))
		c.expectText(closed("long", "BadRequest", "The stream needs an id and an idle timeout from 1 to 86400000 ms."))
	}
	c.send(`{"type":"sendToGroup","group":"g","stream":{"streamId":"longest","idleTimeoutMs":86400000}}`)
	c.expectText(streamAcked("longest", 1))
	c.send(`{"type":"streamEnd","streamId":"longest"}`)
	c.expectText(`{"type":"streamClosed","streamId":"longest"}`)
	reader.object()

	c.send(`{"type":"sendToGroup","group":"g","stream":{"streamId":"idle","idleTimeoutMs":1000}}`)
	c.expectText(streamAcked("idle", 1))
	b.clock.Advance(900 * time.Millisecond)
	c.send(`{"type":"streamData","streamId":"idle"}`)
	c.silent()
	b.clock.Advance(900 * time.Millisecond)
	c.silent()
	b.clock.Advance(100 * time.Millisecond)
	c.expectText(closed("idle", "IdleTimeout", "The stream was idle for too long."))
	reader.expectText(fragment("u", "idle", 1, `,"endOfStream":true,"error":{"name":"IdleTimeout","message":"The stream was idle for too long."}`, ""))

	c.send(streamStart("default"))
	c.expectText(streamAcked("default", 1))
	b.clock.Advance(300*time.Second - 1)
	c.silent()
	b.clock.Advance(1)
	c.object()
	reader.object()

	c.send(streamStart("barred"))
	c.expectText(streamAcked("barred", 1))
	want(t, e, 204, request{method: "DELETE", path: "chat/permissions/sendToGroup/connections/" + id + "?targetName=g"})
	c.send(streamPart("barred", 1, "a"))
	c.expectText(closed("barred", "Forbidden", "The client does not have permission to send to group 'g'."))
	reader.object()
	want(t, e, 200, request{method: "PUT", path: "chat/permissions/sendToGroup/connections/" + id + "?targetName=g"})

	c.send(streamStart("left"))
	c.expectText(streamAcked("left", 1))
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + id})
	reader.expectText(fragment("u", "left", 1, `,"endOfStream":true,"error":{"name":"Cancelled","message":"The connection of the publisher has ended."}`, ""))
}

// TestRequestIDLimit proves that an id that a client chooses, which a stream keeps
// and answers repeat, is at most 1024 bytes long.
func TestRequestIDLimit(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for name, frame := range map[string]func(id string) string{
		"start":      streamStart,
		"data":       func(id string) string { return streamPart(id, 1, "a") },
		"keep-alive": func(id string) string { return `{"type":"streamData","streamId":"` + id + `"}` },
		"end":        func(id string) string { return `{"type":"streamEnd","streamId":"` + id + `"}` },
		"invoke": func(id string) string {
			return `{"type":"invoke","invocationId":"` + id + `","target":"event","event":"e"}`
		},
		"cancel": func(id string) string { return `{"type":"cancelInvocation","invocationId":"` + id + `"}` },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := dialJSON(t, e, clientOptions{roles: joinAny})
			c.send(frame(strings.Repeat("i", 1024)))
			if name != "cancel" { // which has no answer
				if m := c.object(); m["streamId"] == nil && m["invocationId"] == nil {
					t.Errorf("answer to an id of 1024 bytes = %v, want one that repeats it", m)
				}
			}
			c.send(frame(strings.Repeat("i", 1025)))
			c.expectClose(1007, "The client message is not a valid JSON protocol message.")
		})
	}
}

// TestStreamRecovery: a stream outlasts a recovery of its publisher, and its
// fragments are numbered messages for a reliable reader.
func TestStreamRecovery(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	c := dialReliable(t, b.Emulator, clientOptions{user: "u", roles: joinAny})
	reader := dialReliable(t, b.Emulator, clientOptions{groups: []string{"g"}})
	c.send(streamStart("s"))
	c.expectText(streamAcked("s", 1))
	c.send(streamPart("s", 1, "a"))
	c.expectText(streamAcked("s", 2))
	b.cut(c)
	c = c.recover(b.Emulator)
	if hello := c.object(); hello["event"] != "connected" || hello["connectionId"] != c.id || hello["reconnectionToken"] == "" {
		t.Errorf("first frame of a recovered publisher = %v, want connected", hello)
	}
	c.send(streamPart("s", 1, "a")) // not acknowledged, as far as the client knows
	c.expectText(streamAcked("s", 2))
	c.send(streamPart("s", 2, "b"))
	c.expectText(streamAcked("s", 3))
	reader.expectText(`{"sequenceId":1,` + fragment("u", "s", 1, "", "a")[1:])
	reader.expectText(`{"sequenceId":2,` + fragment("u", "s", 2, "", "b")[1:])
}
