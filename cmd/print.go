package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// printJSON prints v as one line of JSON, or what --jq makes of it, each in one
// write. Strings that --jq gives are printed bare, as jq -r does.
func (e *Env) printJSON(v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %v", err)
	}
	if e.jq == nil {
		return e.write(line.Bytes())
	}
	var plain any
	if err := json.Unmarshal(line.Bytes(), &plain); err != nil {
		return fmt.Errorf("read JSON: %v", err)
	}
	for results := e.jq.Run(plain); ; {
		result, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := result.(error); failed {
			return e.filterFailed(err)
		}
		if err := e.printResult(result); err != nil {
			return err
		}
	}
}

func (e *Env) printResult(result any) error {
	if s, ok := result.(string); ok {
		return e.write([]byte(s + "\n"))
	}
	line, err := json.Marshal(result)
	if err != nil {
		return e.filterFailed(err)
	}
	return e.write(append(line, '\n'))
}

// filterFailed tells that --jq could not be applied to a result.
func (e *Env) filterFailed(err error) error {
	return withHint(fmt.Errorf("--jq %q: %v", e.flags.jq, err), "what the command did is done: only its result could not be printed; -o json shows it as it is")
}

// printLine prints one line of text.
func (e *Env) printLine(s string) error { return e.write([]byte(s + "\n")) }

func (e *Env) write(b []byte) error {
	if _, err := e.Stdout.Write(b); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// shown is text from the network on its way to stdout: exact in a pipe, without
// control characters on a terminal.
func (e *Env) shown(s string) string {
	if isTerminal(e.Stdout) {
		return clean(s)
	}
	return s
}

// clean drops control characters, so that text from elsewhere cannot steer a
// terminal.
func clean(s string) string {
	if !strings.ContainsFunc(s, control) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if control(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func control(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}
