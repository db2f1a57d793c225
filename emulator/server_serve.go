package emulator

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"wps/internal/idleconn"
)

// Serve answers on the listeners until ctx ends or one of them fails, then
// closes everything in order: clients closed with 1001, no new requests, running
// requests finished within shutdownTimeout. It closes the listeners. It returns
// nil when ctx ended it.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	web := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute, // a REST body of at most 1 MiB
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    1 << 20, // many excluded ids make a long URL
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelInfo),
	}
	idleconn.CloseAtShutdown(web)
	failed := make(chan error, len(listeners))
	var serving sync.WaitGroup
	for _, l := range listeners {
		serving.Go(func() { failed <- web.Serve(l) })
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	s.Close()
	if web.Shutdown(stop) != nil {
		web.Close()
	}
	serving.Wait()
	return err
}

const shutdownTimeout = 5 * time.Second
