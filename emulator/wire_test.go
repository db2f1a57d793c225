package emulator_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// masked is a client's WebSocket frame with the given first byte; the mask is
// zero, so that the payload can be read.
func masked(first byte, payload string) string {
	return maskedHead(first, len(payload)) + payload
}

func maskedHead(first byte, size int) string {
	head := []byte{first}
	switch {
	case size < 126:
		head = append(head, 0x80|byte(size))
	case size < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 0x80|126), uint16(size))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 0x80|127), uint64(size))
	}
	return string(head) + "\x00\x00\x00\x00"
}

// First bytes of frames: the final bit and the opcode.
const (
	finText, finBinary, finClose, finPing = 0x81, 0x82, 0x88, 0x89
	moreText, more, fin                   = 0x01, 0x00, 0x80
)

// writeAll writes without minding that the emulator may have closed already.
func writeAll(c net.Conn, text string) { io.WriteString(c, text) }

// closeOf reads until a close frame and returns its code and reason; 0 when the
// connection ends without one.
func closeOf(t testing.TB, c net.Conn) (code int, reason string) {
	t.Helper()
	for {
		op, b, err := readFrame(c)
		switch {
		case err != nil:
			return 0, ""
		case op == finClose && len(b) >= 2:
			return int(binary.BigEndian.Uint16(b)), string(b[2:])
		}
	}
}

// TestBrokenFrames: what breaks WebSocket itself ends a connection with 1002,
// whatever it speaks.
func TestBrokenFrames(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
	for name, frame := range map[string]string{
		"not masked":              "\x81\x02hi",
		"reserved bit":            masked(0xC1, "hi"),
		"reserved opcode":         masked(0x83, "hi"),
		"reserved control opcode": masked(0x8B, "hi"),
		"fragmented ping":         masked(0x09, "hi"),
		"long ping":               masked(finPing, strings.Repeat("x", 126)),
		"continuation of nothing": masked(fin, "hi"),
		"new message in a message": masked(moreText, "a") +
			masked(finText, "b"),
		"close with a bad code":   masked(finClose, "\x03\xe7"),
		"close with half a code":  masked(finClose, "\x03"),
		"close that is not UTF-8": masked(finClose, "\x03\xe8\xff"),
	} {
		for _, s := range allSubprotocols {
			c := bareDial(t, e, overTCP, negotiated(t, e, clientOptions{hub: "chat"}), s)
			writeAll(c, frame)
			if code, reason := closeOf(t, c); code != 1002 || reason != "The client frame is invalid." {
				t.Errorf("%s to %q: close %d %q, want 1002", name, s, code, reason)
			}
		}
	}
}

// TestHalfCodeInPieces: a close with half a code breaks the protocol also when it
// is sent byte by byte, and right after a message.
func TestHalfCodeInPieces(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
	for name, frames := range map[string][]string{
		"byte by byte":    strings.Split(masked(finClose, "\x03"), ""),
		"after a message": {masked(finText, `{"type":"ping"}`) + masked(finClose, "\x03")},
		"no code at all":  {masked(finText, `{"type":"ping"}`) + masked(finClose, "")},
	} {
		c := bareDial(t, e, overTCP, negotiated(t, e, clientOptions{hub: "chat"}), protocol.SubprotocolJSON)
		for _, f := range frames {
			writeAll(c, f)
		}
		want := 1002
		if name == "no code at all" {
			want = 1000
		}
		if code, reason := closeOf(t, c); code != want {
			t.Errorf("%s: close %d %q, want %d", name, code, reason, want)
		}
	}
}

// TestFragments: a message is handled after its last fragment, with control
// frames in between.
func TestFragments(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
	url := negotiated(t, e, clientOptions{hub: "chat", roles: joinAny})
	c := bareDial(t, e, overTCP, url, protocol.SubprotocolJSON)
	if _, _, err := readFrame(c); err != nil { // connected
		t.Fatal(err)
	}
	writeAll(c, masked(moreText, `{"type":"join`)+masked(finPing, "p")+masked(more, `Group","group":"g",`)+masked(more, "")+masked(fin, `"ackId":1}`))
	if op, b, err := readFrame(c); err != nil || op != 0x8A || string(b) != "p" {
		t.Errorf("first answer %x %q, %v, want the pong", op, b, err)
	}
	if _, b, err := readFrame(c); err != nil || string(b) != ok(1) {
		t.Errorf("second answer %q, %v, want the ack", b, err)
	}
	// Each byte of a frame in a packet of its own.
	for _, b := range []byte(masked(finText, `{"type":"ping"}`)) {
		writeAll(c, string([]byte{b}))
	}
	if _, b, err := readFrame(c); err != nil || string(b) != `{"type":"pong"}` {
		t.Errorf("answer to a ping in pieces: %q, %v", b, err)
	}
}

// TestOversize: more than 1 MiB is closed with 1009 in one frame or many, long
// before a declared length is read, and exactly 1 MiB is taken.
func TestOversize(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
	const limit = protocol.MaxMessageSize
	half := strings.Repeat("x", limit/2)
	for name, frame := range map[string]string{
		"one frame":       masked(finText, half+half+"x"),
		"many frames":     masked(moreText, half) + masked(more, half) + masked(fin, "x"),
		"declared length": maskedHead(finText, 1<<62) + half + half + "x",
	} {
		for _, s := range allSubprotocols {
			c := bareDial(t, e, overTCP, negotiated(t, e, clientOptions{hub: "chat"}), s)
			go writeAll(c, frame)
			if code, reason := closeOf(t, c); code != 1009 || reason != "The client message is too large." {
				t.Errorf("%s to %q: close %d %q, want 1009", name, s, code, reason)
			}
		}
	}
	url := negotiated(t, e, clientOptions{hub: "chat", roles: joinAny, groups: []string{"g"}, query: "&webpubsub_mode=sendToGroup&group=g"})
	c := bareDial(t, e, overTCP, url, "")
	writeAll(c, masked(finBinary, half+half))
	if _, b, err := readFrame(c); err != nil || len(b) != limit {
		t.Errorf("1 MiB came back as %d bytes, %v", len(b), err)
	}
}

// TestInvalidUTF8: text that is none ends a connection with 1007.
func TestInvalidUTF8(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
	for _, s := range []string{"", protocol.SubprotocolJSON, protocol.SubprotocolJSONReliable} {
		c := bareDial(t, e, overTCP, negotiated(t, e, clientOptions{hub: "chat"}), s)
		writeAll(c, masked(moreText, "{\"a\":\"\xc3")+masked(fin, "\xc3\"}"))
		if code, _ := closeOf(t, c); code != 1007 {
			t.Errorf("%q: close %d, want 1007", s, code)
		}
	}
}

// TestAnonymousHubs: a hub whose policy allows it lets clients in without a token,
// and a token that is present still has to be valid.
func TestAnonymousHubs(t *testing.T) {
	t.Parallel()
	ws := func(e *emulatortest.Emulator) string { return "ws" + strings.TrimPrefix(e.URL, "http") }
	e := emulatortest.RunWith(t, emulator.Options{AnonymousHubs: []string{"Open"}})
	c, _, err := dialURL(t, ws(e)+"/client/hubs/open", protocol.SubprotocolJSON)
	if err != nil {
		t.Fatalf("hub that allows it: %v", err)
	}
	if hello := c.object(); hello["event"] != "connected" || hello["userId"] != nil {
		t.Errorf("connected = %v", hello)
	}
	c.send(`{"type":"joinGroup","group":"g","ackId":1}`)
	c.expectText(failed(1, "Forbidden", "The client does not have permission to join group 'g'."))
	for _, url := range []string{"/client/hubs/closed", "/client/hubs/open?access_token=x"} {
		if _, resp, err := dialURL(t, ws(e)+url); err == nil || resp == nil || resp.StatusCode != 401 {
			t.Errorf("%s: %v, %v, want 401", url, resp, err)
		}
	}
	every := emulatortest.RunWith(t, emulator.Options{AnonymousHubs: []string{"*"}})
	if _, _, err := dialURL(t, ws(every)+"/client/?hub=any"); err != nil {
		t.Errorf("all hubs allowed: %v", err)
	}
}

// TestSilentReliable: a client that answers no ping is cut off; a reliable one
// may come back.
func TestSilentReliable(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: 20 * time.Millisecond})
	c := dialReliable(t, e, clientOptions{})
	c.ws.SetPingHandler(func(string) error { return nil })
	if _, _, err := c.readTry(); err == nil {
		t.Error("a silent client got a message, want its connection cut")
	}
	again := c.recover(e)
	again.silent()
}

// TestStuckReceivers: clients that read nothing cost their limit of memory and
// delay no others, which receive every message in order.
func TestStuckReceivers(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
	url := negotiated(t, e, clientOptions{hub: "chat", groups: []string{"g"}})
	var stuck []net.Conn
	for range 5 {
		stuck = append(stuck, bareDial(t, e, overTCP, url, ""))
	}
	reading := bareDial(t, e, overTCP, url, "")
	const size = 64 << 10
	body := strings.Repeat("x", size)
	const n = 2 * protocol.MaxQueuedBytes / size
	for i := range n {
		want(t, e, 202, post("chat/groups/g/:send", "text/plain", fmt.Sprintf("%8d%s", i, body)))
		_, b, err := readFrame(reading)
		if err != nil || !strings.HasPrefix(string(b), fmt.Sprintf("%8d", i)) {
			t.Fatalf("message %d: %.20q, %v", i, b, err)
		}
	}
	for i, c := range stuck {
		taken, err := io.Copy(io.Discard, io.LimitReader(c, 1<<40))
		if taken > protocol.MaxQueuedBytes+16<<20 { // what the sockets hold comes on top
			t.Errorf("stuck client %d was sent %d bytes, %v", i, taken, err)
		}
	}
	want(t, e, 200, request{method: "HEAD", path: "chat/groups/g"}) // the reading one
}

// FuzzClientStream sends whatever bytes a client may send after its handshake,
// and holds that what the emulator answers are whole frames of a server and that
// it goes on serving.
func FuzzClientStream(f *testing.F) {
	for _, frame := range []string{
		masked(finText, `{"type":"joinGroup","group":"g","ackId":1}`), masked(finText, `{"type":"ping"}`),
		masked(finBinary, "\x32\x09\x0a\x05lobby\x10\x05"), masked(finBinary, "\x4a\x00"), masked(finPing, "p"),
		masked(moreText, "a") + masked(fin, "b"), masked(finClose, "\x03\xe8bye"), "\x81\x02hi",
		masked(finText, `{"type":"sendToGroup","group":"g","data":1}`) + masked(finText, `{"type":"sequenceAck","sequenceId":1}`),
	} {
		for kind := range allSubprotocols {
			f.Add(uint8(kind), []byte(frame))
		}
	}
	e := emulatortest.RunWith(f, emulator.Options{KeepAlive: -1})
	url := negotiated(f, e, clientOptions{hub: "chat", roles: joinAny, groups: []string{"g"}, query: "&webpubsub_mode=sendToGroup&group=g"})
	f.Fuzz(func(t *testing.T, kind uint8, stream []byte) {
		c := bareDial(t, e, overTCP, url, allSubprotocols[int(kind)%len(allSubprotocols)])
		defer c.Close()
		go func() {
			c.Write(stream)
			c.(*net.TCPConn).CloseWrite()
		}()
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			t.Fatalf("the emulator did not close after the end of the stream; it sent %x", answer)
		}
		if err != nil {
			return // a reset, because we closed first
		}
		for len(answer) > 0 {
			rest := cutFrame(answer)
			if rest == nil {
				t.Fatalf("not a frame of a server: %x", answer)
			}
			answer = rest
		}
	})
}

// cutFrame removes one whole frame of a server from b; nil when it has none.
func cutFrame(b []byte) []byte {
	r := bytes.NewReader(b)
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || head[1]&0x80 != 0 || head[0]&0x70 != 0 {
		return nil
	}
	size := uint64(head[1])
	switch size {
	case 126:
		var n uint16
		if binary.Read(r, binary.BigEndian, &n) != nil {
			return nil
		}
		size = uint64(n)
	case 127:
		if binary.Read(r, binary.BigEndian, &size) != nil {
			return nil
		}
	}
	if uint64(r.Len()) < size {
		return nil
	}
	return append([]byte{}, b[len(b)-r.Len()+int(size):]...)
}
