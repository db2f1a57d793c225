//go:build unix

package stdio

import (
	"context"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// pollErrors are the events of a pipe whose reader has ended.
const pollErrors = unix.POLLERR | unix.POLLHUP | unix.POLLNVAL

// watchReader calls ended when the reader of a pipe has ended, until ctx does. The
// caller calls wait, which returns when nothing is watched any more.
func watchReader(ctx context.Context, pipe *os.File, ended func()) (wait func()) {
	wakeRead, wakeWrite, err := os.Pipe()
	if err != nil { // without it a write notices the end
		return func() {}
	}
	stop := context.AfterFunc(ctx, func() { wakeWrite.Close() })
	fds := []unix.PollFd{{Fd: int32(pipe.Fd())}, {Fd: int32(wakeRead.Fd()), Events: unix.POLLIN}}
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			_, err := unix.Poll(fds, -1)
			switch {
			case err == unix.EINTR: //nolint:errorlint // a number of the system
				continue
			case err == nil && fds[1].Revents == 0 && fds[0].Revents&pollErrors != 0:
				ended()
			}
			return
		}
	})
	return func() {
		if stop() {
			wakeWrite.Close()
		}
		watching.Wait()
		wakeRead.Close()
	}
}

// holdsInput reports whether a pipe holds something that was not read.
func holdsInput(pipe *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(pipe.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&unix.POLLIN != 0
}
