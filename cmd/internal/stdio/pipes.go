package stdio

import (
	"context"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
)

// SurviveClosedPipe makes a write to a closed pipe, as with "| head", return an
// error. Without it the signal kills the process before it reports what it has
// done. The result restores the default.
func SurviveClosedPipe() (restore func()) {
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	return func() { signal.Stop(pipe) }
}

// WatchReader calls ended when a stream is a pipe whose reader has ended, until ctx
// ends. The caller calls wait when it has ended ctx.
func WatchReader(ctx context.Context, stream io.Writer, ended func()) (wait func()) {
	f, isFile := stream.(*os.File)
	if !isFile || !isPipeOrSocket(f) {
		return func() {}
	}
	return watchReader(ctx, f, ended)
}

// HoldsInput reports whether a stream has content that nothing has read, without
// reading it: a pipe with something in it, or a file that is not at its end.
func HoldsInput(from io.Reader) bool {
	f, isFile := from.(*os.File)
	if !isFile {
		return false
	}
	if isPipeOrSocket(f) {
		return holdsInput(f)
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	at, err := f.Seek(0, io.SeekCurrent)
	return err == nil && at < info.Size()
}

// isPipeOrSocket reports whether f is a pipe or a socket.
func isPipeOrSocket(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0
}
