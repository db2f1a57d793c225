package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Messages that receive sends: their data, and how many frames go out in one write.
const (
	messageBytes = 128
	burst        = 200
)

// receive runs a command that is a client of the service, with the URL of a server of
// its own in place of {url}, and returns how many messages of a group a second it
// reads. The server writes them as fast as the client takes them, from the moment the
// client is connected until it ends. A client that prints JSON must print all of them.
func receive(n int, command []string) (float64, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	began := make(chan time.Time, 1)
	web := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = sendMessages(w, r, n, began) // the client's end shows a failure
	})}
	go func() { _ = web.Serve(l) }() // ends with Close
	defer web.Close()

	url := "ws://" + l.Addr().String() + "/client/hubs/bench?access_token=none"
	args := make([]string, len(command))
	for i, arg := range command {
		args[i] = strings.ReplaceAll(arg, "{url}", url)
	}
	var seen lineCounter
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Stdout, c.Stderr = &seen, os.Stderr
	err = c.Run()
	ended := time.Now()
	if err != nil {
		return 0, err
	}
	if seen.messages > 0 && seen.messages != n {
		return 0, fmt.Errorf("it printed %d of %d messages", seen.messages, n)
	}
	select {
	case start := <-began:
		return float64(n) / ended.Sub(start).Seconds(), nil
	default:
		return 0, errors.New("it did not connect")
	}
}

// sendMessages is the service for one client.
func sendMessages(w http.ResponseWriter, r *http.Request, n int, began chan<- time.Time) error {
	u := websocket.Upgrader{Subprotocols: websocket.Subprotocols(r)}
	c, err := u.Upgrade(w, r, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.WriteMessage(websocket.TextMessage, []byte(`{"type":"system","event":"connected","userId":null,"connectionId":"c1"}`)); err != nil {
		return err
	}
	began <- time.Now()
	frame := textFrame(`{"type":"message","from":"group","group":"g","dataType":"text","data":"` + strings.Repeat("x", messageBytes) + `"}`)
	for left := n; left > 0; left -= burst {
		if _, err := c.NetConn().Write(bytes.Repeat(frame, min(left, burst))); err != nil {
			return err
		}
	}
	for err == nil { // until the client goes; its close frame is answered
		_, _, err = c.ReadMessage()
	}
	return err
}

// textFrame is one frame of a server with 126 to 65535 bytes of text.
func textFrame(text string) []byte {
	return append([]byte{0x81, 126, byte(len(text) >> 8), byte(len(text))}, text...)
}

// lineCounter counts the lines that are messages.
type lineCounter struct {
	messages int
	part     []byte
}

// Write implements io.Writer.
func (c *lineCounter) Write(b []byte) (int, error) {
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			c.part = append(c.part, b...)
			return n, nil
		}
		if line := append(c.part, b[:i]...); bytes.HasPrefix(line, []byte(`{"type":"message"`)) {
			c.messages++
		}
		c.part, b = c.part[:0], b[i+1:]
	}
}

// rate prints the result of receive.
func rate(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 {
		return fmt.Errorf("%q is no number of messages", args[0])
	}
	perSecond, err := receive(n, args[1:])
	if err == nil {
		_, err = fmt.Printf("%.0f\n", perSecond)
	}
	return err
}
