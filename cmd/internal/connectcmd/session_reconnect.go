package connectcmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"wps/client/ws"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/internal/wait"
)

// reconnectBackoff is the delay before each attempt of --reconnect.
var reconnectBackoff = wait.Backoff{First: 500 * time.Millisecond, Max: 30 * time.Second, Jitter: 0.5}

// closePolicy is the close code of a client that the service does not want, such as
// one that was too slow.
const closePolicy = 1008

// dial opens a connection to address.
func (s *session) dial(ctx context.Context, address string) (*ws.Conn, error) {
	o := ws.Options{
		TLS: s.tls, URL: address, Logger: s.env.Log, HandshakeTimeout: s.env.Settings.Timeout, Subprotocol: subprotocols[s.o.subprotocol],
	}
	o.OnFrame = s.onFrame()
	if u, err := url.Parse(address); err == nil { // Dial checks the URL
		service.LogProxy(s.env, u)
	}
	conn, err := ws.Dial(ctx, o)
	if err != nil {
		return nil, explain.Dial(s.env.Settings, err, s.o.url)
	}
	s.recorder.connected()
	return conn, nil
}

// onFrame returns what looks at frames: the log of --debug, and the recording.
func (s *session) onFrame() func(sent, text bool, data []byte) {
	switch {
	case s.recorder == nil && !s.env.Debug:
		return nil
	case s.recorder == nil:
		return s.logFrame
	case !s.env.Debug:
		return s.recorder.frame
	}
	return func(sent, text bool, data []byte) {
		s.logFrame(sent, text, data)
		s.recorder.frame(sent, text, data)
	}
}

// maxFrameShown is how much of a frame --debug shows, in bytes.
const maxFrameShown = 4 << 10

// logFrame logs a frame as it is on the wire.
func (s *session) logFrame(sent, text bool, data []byte) {
	direction := "received"
	if sent {
		direction = "sent"
	}
	shown := data[:min(len(data), maxFrameShown)]
	attrs := []any{"bytes", len(data)}
	if text && utf8.Valid(data) {
		attrs = append(attrs, "data", string(shown))
	} else {
		attrs = append(attrs, "base64", shown)
	}
	if left := len(data) - len(shown); left > 0 {
		attrs = append(attrs, "left out", left)
	}
	s.env.Log.Debug("frame "+direction, attrs...)
}

// reconnects reports whether a new connection follows one that ended with err.
func (s *session) reconnects(ctx context.Context, err error) bool {
	closed, ended := errors.AsType[*ws.CloseError](err)
	return s.o.reconnect && ctx.Err() == nil && ended && closed.Code != closePolicy
}

// connectAgain opens a new connection, however long that takes, and joins the
// groups. It returns the error of a refusal, which another attempt would meet, too.
func (s *session) connectAgain(ctx context.Context, lost error) error {
	for n := 0; ; n++ {
		delay := reconnectBackoff.Delay(n)
		if err := s.sayReconnecting(lost, delay); err != nil {
			return err
		}
		if err := wait.For(ctx, delay); err != nil {
			return err
		}
		address, _, err := s.o.clientURL(ctx, s.env)
		if err != nil {
			return err
		}
		conn, err := s.dial(ctx, address)
		switch {
		case err == nil:
			s.conn.Store(conn)
			return s.rejoin(ctx)
		case ctx.Err() != nil:
			return ctx.Err()
		case isRefusal(err):
			return err
		}
		lost = err
	}
}

// isRefusal reports whether a handshake was refused for good.
func isRefusal(err error) bool {
	refused, ok := errors.AsType[*ws.HandshakeError](err)
	return ok && refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests && refused.Status != http.StatusRequestTimeout
}

// rejoin joins the groups again. A connection that ends meanwhile is noticed by the
// next receive.
func (s *session) rejoin(ctx context.Context) error {
	err := s.receiveConnected(ctx)
	if _, closed := errors.AsType[*ws.CloseError](err); closed {
		return nil
	}
	if err != nil {
		return err
	}
	return s.joinAll(ctx, s.joinedGroups())
}

// sayReconnecting prints why the connection ended, and when the next attempt is.
func (s *session) sayReconnecting(lost error, delay time.Duration) error {
	s.print.Lock()
	defer s.print.Unlock()
	text := fmt.Sprintf("%v; connecting again in %v", lost, delay.Round(100*time.Millisecond))
	if !s.env.Out.JSON() {
		s.sayDim(text)
		return nil
	}
	if s.o.only == "message" {
		return nil
	}
	return s.env.Out.PrintJSON(systemLine{Type: "system", Event: "reconnecting", Message: text})
}
