package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"wps/protocol"
	"wps/token"
)

// repeat calls f for 0 to n-1, many at a time, and returns the first error.
func repeat(n, atOnce int, f func(i int) error) error {
	var workers sync.WaitGroup
	var mu sync.Mutex
	var first error
	next := 0
	for range atOnce {
		workers.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				stop := first != nil || i >= n
				mu.Unlock()
				if stop {
					return
				}
				if err := f(i); err != nil {
					mu.Lock()
					first = err
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	return first
}

func nothing(ctx context.Context, _ *emulator) error {
	select {
	case <-time.After(5 * time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func connects(ctx context.Context, e *emulator) error {
	return repeat(20_000, 50, func(i int) error {
		s, err := e.connect(ctx, token.ClientOptions{UserID: fmt.Sprint("u", i%100)}, "", false)
		if err != nil {
			return err
		}
		return s.Close()
	})
}

func joins(ctx context.Context, e *emulator) error {
	s, err := e.connect(ctx, token.ClientOptions{Roles: []string{"webpubsub.joinLeaveGroup"}}, protocol.SubprotocolJSON, true)
	if err != nil {
		return err
	}
	defer s.Close()
	go s.drain() // ends with s
	long := strings.Repeat("g", 990)
	for i := range 300_000 {
		if err := s.send(fmt.Sprintf(`{"type":"joinGroup","group":"%s%d"}`, long, i)); err != nil {
			return err
		}
	}
	return nil
}

// streams opens streams with huge ids. The client is closed for that, and connects
// again.
func streams(ctx context.Context, e *emulator) error {
	id := strings.Repeat("s", 1<<20-200)
	return repeat(300, 4, func(int) error {
		s, err := e.connect(ctx, token.ClientOptions{Roles: []string{"webpubsub.sendToGroup"}}, protocol.SubprotocolJSON, true)
		if err != nil {
			return err
		}
		defer s.Close()
		if err := s.send(`{"type":"sendToGroup","group":"g","stream":{"streamId":"` + id + `","idleTimeoutMs":4294967295}}`); err != nil {
			return err
		}
		for {
			if op, _, err := s.receive(); op == 8 || err != nil {
				return nil
			}
		}
	})
}

func bulk(ctx context.Context, e *emulator) error {
	for i := range 100 {
		s, err := e.connect(ctx, token.ClientOptions{UserID: fmt.Sprint("u", i)}, "", true)
		if err != nil {
			return err
		}
		defer s.Close()
		go s.drain() // ends with s
	}
	var body strings.Builder
	body.WriteString(`{"groups":["0"`)
	for i := 1; i < 139_000 && body.Len() < protocol.MaxMessageSize-20; i++ {
		fmt.Fprintf(&body, `,"%x"`, i)
	}
	body.WriteString(`],"filter":"length(userId) gt 0"}`)
	status, err := e.request(ctx, "POST", "/:addToGroups", "application/json", strings.NewReader(body.String()))
	if err == nil && status >= 500 {
		err = fmt.Errorf("status %d", status)
	}
	return err
}

func stuck(ctx context.Context, e *emulator) error {
	for i := range 200 {
		s, err := e.connect(ctx, token.ClientOptions{UserID: fmt.Sprint("stuck", i)}, "", false)
		if err != nil {
			return err
		}
		defer s.Close()
	}
	body := strings.Repeat("x", protocol.MaxMessageSize)
	return repeat(20*200, 4, func(i int) error {
		_, err := e.request(ctx, "POST", fmt.Sprintf("/users/stuck%d/:send", i%200), "text/plain", strings.NewReader(body))
		return err
	})
}

func reasons(ctx context.Context, e *emulator) error {
	for range 16 {
		c, err := e.follow(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
	}
	reason := strings.Repeat("%01", 100<<10)
	return repeat(400, 8, func(i int) error {
		s, err := e.connect(ctx, token.ClientOptions{UserID: fmt.Sprint("closed", i)}, "", true)
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = e.request(ctx, "POST", fmt.Sprintf("/users/closed%d/:closeConnections?reason=%s", i, reason), "", nil)
		return err
	})
}

// follow opens a stream of events that is not read.
func (e *emulator) follow(ctx context.Context) (io.Closer, error) {
	address := e.cs.Endpoint.String() + "/_emulator/events?follow=true&data=true"
	signed, err := e.cs.Key.SignREST(address, time.Now(), time.Hour)
	if err != nil {
		return nil, err
	}
	c, err := e.dial(ctx)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(c, "GET /_emulator/events?follow=true&data=true HTTP/1.1\r\nHost: "+e.cs.Endpoint.Host+"\r\nAuthorization: Bearer "+signed+"\r\n\r\n")
	return c, err
}

// slow sends a byte of a header each tenth of a second, on many connections, until
// the emulator has closed all of them.
func slow(ctx context.Context, e *emulator) error {
	header := "GET /client/hubs/chat HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 300)
	return repeat(1000, 1000, func(int) error {
		c, err := e.dial(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		for i := range header {
			if _, err := io.WriteString(c, header[i:i+1]); err != nil {
				return nil // closed
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return errors.New("the emulator has waited for 30 s")
	})
}

func headers(ctx context.Context, e *emulator) error {
	header := "GET /client/hubs/chat HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n"
	return repeat(200, 50, func(int) error {
		c, err := e.dial(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := io.WriteString(c, header); err == nil {
			_, _ = io.Copy(io.Discard, c) // the refusal
		}
		return nil
	})
}
