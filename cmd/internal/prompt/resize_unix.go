//go:build unix

package prompt

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// onResize calls resized whenever the terminal has another size, until stop is
// called.
func onResize(resized func()) (stop func()) {
	changes, ended := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(changes, syscall.SIGWINCH)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-changes:
				resized()
			case <-ended:
				return
			}
		}
	})
	return func() {
		signal.Stop(changes)
		close(ended)
		running.Wait()
	}
}
