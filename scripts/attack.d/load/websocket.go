package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"wps/token"
)

// socket is a WebSocket client that costs next to nothing: an attacker has many.
type socket struct {
	net.Conn
	in *bufio.Reader // nil for one that never reads
}

// connect opens a client connection. Without reads, nothing is read after the
// handshake.
func (e *emulator) connect(ctx context.Context, o token.ClientOptions, subprotocol string, reads bool) (*socket, error) {
	o.Hub = "chat"
	n, err := token.Negotiate(e.cs, o)
	if err != nil {
		return nil, err
	}
	c, err := e.dial(ctx)
	if err != nil {
		return nil, err
	}
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(n.URL, "ws://"), "/")
	header := "GET /" + path + " HTTP/1.1\r\nHost: " + e.cs.Endpoint.Host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	if subprotocol != "" {
		header += "Sec-WebSocket-Protocol: " + subprotocol + "\r\n"
	}
	if _, err := io.WriteString(c, header+"\r\n"); err != nil {
		c.Close()
		return nil, err
	}
	in := bufio.NewReaderSize(c, 4096)
	for line := "?"; line != "\r\n"; {
		if line, err = in.ReadString('\n'); err != nil || strings.HasPrefix(line, "HTTP/") && !strings.Contains(line, " 101 ") {
			c.Close()
			return nil, fmt.Errorf("handshake: %q, %v", line, err)
		}
	}
	s := &socket{Conn: c}
	if reads {
		s.in = in
	}
	return s, nil
}

// send sends a text message.
func (s *socket) send(text string) error {
	frame := []byte{0x81}
	switch n := len(text); {
	case n < 126:
		frame = append(frame, 0x80|byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 0x80|127), uint64(n))
	}
	frame = append(append(frame, 0, 0, 0, 0), text...) // a mask of zeros
	_, err := s.Write(frame)
	return err
}

// receive returns the opcode and the payload of the next frame.
func (s *socket) receive() (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return 0, nil, err
	}
	size := uint64(head[1] & 0x7f)
	more := make([]byte, map[uint64]int{126: 2, 127: 8}[size])
	if _, err := io.ReadFull(s.in, more); err != nil {
		return 0, nil, err
	}
	for i, b := range more {
		if i == 0 {
			size = 0
		}
		size = size<<8 | uint64(b)
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(s.in, payload)
	return head[0] & 0x0f, payload, err
}

// drain reads and drops everything until the connection ends.
func (s *socket) drain() {
	_ = s.SetReadDeadline(time.Time{})
	_, _ = io.Copy(io.Discard, s.in) // the end of the connection
}
