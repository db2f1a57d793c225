// Package prompt is a line editor on a terminal: history, edit keys and completion,
// with a line that is drawn again below what is printed while it is typed.
//
// What lines mean is left to its user. The keys are those of golang.org/x/term.
//
//	e, err := prompt.Open(ctx, os.Stdin, os.Stdout, prompt.Options{Complete: words})
//	defer e.Close()
//	line, err := e.ReadLine()
//	fmt.Fprintln(e, "printed above the line")
package prompt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/term"

	"wps/cmd/internal/stdio"
)

// ErrInterrupted is returned for Ctrl-C, which a terminal in raw mode passes on as
// a character.
var ErrInterrupted = errors.New("interrupted")

// Options configure an Editor.
type Options struct {
	// Prompt is shown before the line.
	Prompt string
	// Interrupt is called at once when Ctrl-C is read; nil: nothing is.
	Interrupt func()
	// Complete returns the words that the word before the cursor may become; nil:
	// the tab key does nothing.
	Complete func(before string) []string
}

// Editor edits lines on a terminal. ReadLine must not be called concurrently; the
// other methods may be.
type Editor struct {
	in          int // file descriptor
	before      *term.State
	terminal    *term.Terminal
	interrupt   func()
	interrupted atomic.Bool
	stopResize  func()
}

// Open makes the terminal in an editor that prints to out. Reads end with ctx. The
// caller calls Close, which makes it an ordinary terminal again.
func Open(ctx context.Context, in, out *os.File, o Options) (*Editor, error) {
	e := &Editor{in: int(in.Fd()), interrupt: o.Interrupt}
	var err error
	if e.before, err = term.MakeRaw(e.in); err != nil {
		return nil, err
	}
	keys := &keyReader{from: stdio.NewInput(ctx, in), e: e}
	e.terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{keys, out}, o.Prompt)
	if o.Complete != nil {
		c := completer{words: o.Complete, print: e.terminal}
		e.terminal.AutoCompleteCallback = c.key
	}
	e.terminal.SetBracketedPasteMode(true)
	resize := func() {
		if width, height, err := term.GetSize(int(out.Fd())); err == nil && width > 0 {
			_ = e.terminal.SetSize(width, height) // an error of writing is seen by the next write
		}
	}
	resize()
	e.stopResize = onResize(resize)
	return e, nil
}

// ReadLine returns the next line without its end: io.EOF after Ctrl-D in an empty
// line, ErrInterrupted after Ctrl-C, and the error of the context when that ended.
func (e *Editor) ReadLine() (string, error) {
	line, err := e.terminal.ReadLine()
	switch {
	case errors.Is(err, term.ErrPasteIndicator): // the line was pasted
		return line, nil
	case errors.Is(err, io.EOF) && e.interrupted.Load():
		return "", ErrInterrupted
	}
	return line, err
}

// Write prints above the line that is being typed.
func (e *Editor) Write(b []byte) (int, error) { return e.terminal.Write(b) }

// SetPrompt changes the prompt from the next line on.
func (e *Editor) SetPrompt(s string) { e.terminal.SetPrompt(s) }

// Close makes the terminal what it was.
func (e *Editor) Close() error {
	e.stopResize()
	e.terminal.SetBracketedPasteMode(false)
	return term.Restore(e.in, e.before)
}

// ctrlC is the character of Ctrl-C.
const ctrlC = 3

// keyReader reads keys and notices Ctrl-C, also while nothing waits for a line.
type keyReader struct {
	from io.Reader
	e    *Editor
}

// Read implements io.Reader.
func (k *keyReader) Read(p []byte) (int, error) {
	n, err := k.from.Read(p)
	if bytes.IndexByte(p[:n], ctrlC) >= 0 && !k.e.interrupted.Swap(true) && k.e.interrupt != nil {
		k.e.interrupt()
	}
	return n, err
}
