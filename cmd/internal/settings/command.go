package settings

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Bounds of a command that prints a connection string.
const (
	secretTimeout = 30 * time.Second
	secretGrace   = time.Second // after which its pipes are closed
	maxSecret     = 64 << 10    // of its output, in bytes
)

// secretResult is what a command printed, kept so that it runs once.
type secretResult struct {
	text string
	err  error
}

// runSecret runs the connectionStringCommand of a context.
func (r *Resolver) runSecret(c *Context) (string, error) {
	if known, ran := r.secret[c.ConnectionStringCommand]; ran {
		return known.text, known.err
	}
	text, err := secretOf(r.Context, c)
	if r.secret == nil {
		r.secret = map[string]secretResult{}
	}
	r.secret[c.ConnectionStringCommand] = secretResult{text, err}
	return text, err
}

// secretOf runs the command in a shell, without input. What it prints is the
// secret; the last line of its stderr is its error.
func secretOf(ctx context.Context, c *Context) (string, error) {
	limited, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	shell := []string{"sh", "-c"}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/C"}
	}
	child := exec.CommandContext(limited, shell[0], shell[1], c.ConnectionStringCommand)
	stdout, stderr := &limitedBuffer{limit: maxSecret, stop: true}, &limitedBuffer{limit: maxSecret}
	child.Stdout, child.Stderr, child.WaitDelay = stdout, stderr, secretGrace
	err := child.Run()
	text := strings.TrimSpace(stdout.text.String())
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil:
		return "", c.secretError(fmt.Sprintf("did not end within %v", secretTimeout), "")
	case stdout.over:
		return "", c.secretError(fmt.Sprintf("printed more than %d bytes", maxSecret), "")
	case err != nil:
		return "", c.secretError(exitText(err), lastLine(stderr.text.String(), text))
	case text == "":
		return "", c.secretError("printed nothing", lastLine(stderr.text.String(), ""))
	}
	return text, nil
}

// secretError returns the error of the command, which is named and whose output
// is not.
func (c *Context) secretError(text, stderr string) error {
	if stderr != "" {
		text += ": " + stderr
	}
	return &Error{Failed: true, Text: fmt.Sprintf("the connectionStringCommand of %s %s", c.from(), text), Hint: "run it yourself to see why: its line is in " + c.File}
}

func exitText(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		return fmt.Sprintf("failed with exit code %d", exit.ExitCode())
	}
	if exit != nil {
		return "was ended by a signal"
	}
	return "could not be run"
}

// lastLine returns the last line of stderr, without the output and without what
// looks like a secret.
func lastLine(stderr, output string) string {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	line := strings.TrimSpace(lines[len(lines)-1])
	if output != "" {
		line = strings.ReplaceAll(line, output, "***")
	}
	line = regexp.MustCompile(`(?i)((?:access_?key|secret|password|token|authorization)\s*[=:]\s*)[^;\s]+`).ReplaceAllString(line, "${1}***")
	if len(line) > 300 {
		line = strings.ToValidUTF8(line[:300], "") + "…"
	}
	return line
}

// limitedBuffer keeps the first bytes that are written to it.
// The buffer is not embedded: its ReadFrom would read without a limit.
type limitedBuffer struct {
	text  bytes.Buffer
	limit int
	stop  bool // fail when there are more, which ends the command
	over  bool
}

// Write implements io.Writer.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	left := b.limit - b.text.Len()
	if len(p) > left {
		b.over = true
		b.text.Write(p[:max(left, 0)])
		if b.stop {
			return 0, io.ErrShortWrite
		}
		return len(p), nil
	}
	return b.text.Write(p)
}
