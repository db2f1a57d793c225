// Receiver is a client of the service in a few lines: it reads messages in a loop
// until it has some number of them. It is what scripts/bench compares wps connect
// with.
//
//	receiver read N URL     only reads, and prints how many it read
//	receiver print N URL    decodes each message and prints it as JSON; what is printed
//	                        waits in a buffer, which a client that people watch cannot do
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/gorilla/websocket"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "receiver:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: receiver {read | print} N URL")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	d := websocket.Dialer{Subprotocols: []string{"json.webpubsub.azure.v1"}}
	c, resp, err := d.Dial(args[2], nil)
	if err != nil {
		return err
	}
	resp.Body.Close()
	defer c.Close()
	if _, _, err := c.ReadMessage(); err != nil { // connected
		return err
	}
	if args[0] == "print" {
		return printMessages(c, n)
	}
	for range n {
		if _, _, err := c.ReadMessage(); err != nil {
			return err
		}
	}
	_, err = fmt.Println(n)
	return err
}

// message is what a frame with a message has.
type message struct {
	Type     string          `json:"type"`
	From     string          `json:"from"`
	Group    string          `json:"group"`
	DataType string          `json:"dataType"`
	Data     json.RawMessage `json:"data"`
}

func printMessages(c *websocket.Conn, n int) error {
	out := bufio.NewWriterSize(os.Stdout, 64<<10)
	enc := json.NewEncoder(out)
	for range n {
		var m message
		if err := c.ReadJSON(&m); err != nil {
			return err
		}
		if err := enc.Encode(m); err != nil {
			return err
		}
	}
	return out.Flush()
}
