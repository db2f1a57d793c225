package trigger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"wps/protocol"
)

// answer makes the answer of what the process left: its exit code, what it
// printed, and its files.
func (r *run) answer(ev *Event) (Answer, error) {
	state := r.cmd.ProcessState
	if !state.Success() {
		return Answer{Error: r.exitError(state)}, nil
	}
	response, err := r.files.read(r.files.response)
	if err != nil {
		return Answer{}, err
	}
	a, err := r.said(ev, response)
	if err != nil {
		return Answer{}, err
	}
	objects, err := r.files.read(r.files.output)
	a.Output = append(a.Output, objects...)
	return a, err
}

// said reads the response file, when there is something in it, else stdout.
func (r *run) said(ev *Event, response []byte) (Answer, error) {
	switch {
	case !ev.Blocking():
		return Answer{}, nil
	case len(bytes.TrimSpace(response)) > 0:
		return ParseAnswer(ev, response)
	case ev.Kind != protocol.EventUser:
		return ParseAnswer(ev, r.stdout)
	case len(r.stdout) == 0:
		return Answer{}, nil
	}
	a := Answer{Message: r.stdout, DataType: r.c.o.ResponseType}
	if a.DataType == "" {
		a.DataType = protocol.DataTypeText
	}
	switch {
	case a.DataType == protocol.DataTypeJSON && !json.Valid(a.Message):
		return Answer{}, fmt.Errorf("the hook printed what is not JSON: %s", shorten(string(a.Message)))
	case a.DataType == protocol.DataTypeText && !utf8.Valid(a.Message):
		return Answer{}, errors.New("the hook printed what is not UTF-8 text")
	}
	return a, nil
}

// exitError is the refusal that an exit code stands for; the last line of stderr
// is its text.
func (r *run) exitError(state *os.ProcessState) *Error {
	e := &Error{Status: http.StatusInternalServerError, Text: r.last}
	how := signalOf(state)
	switch code := state.ExitCode(); {
	case code == ExitUnauthorized:
		e.Status = http.StatusUnauthorized
	case code == ExitUserError:
		e.Status = http.StatusBadRequest
	case how == "":
		how = "exit code " + strconv.Itoa(code)
	}
	e.Detail = strings.Trim(how+": "+r.last, ": ")
	return e
}

// hookFiles are the paths that a hook may write to. Nothing is there before.
type hookFiles struct{ response, output string }

func (c *command) files() hookFiles {
	base := filepath.Join(c.dir, strconv.FormatUint(c.runs.Add(1), 10))
	return hookFiles{base + ".response", base + ".output"}
}

// read gives what a hook wrote to a file, nil when it wrote none.
func (hookFiles) read(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("the hook put something that is no file in the place of $" + variableOf(path))
	case info.Size() > MaxHookOutput:
		return nil, fmt.Errorf("the hook wrote more than %d bytes to $%s", MaxHookOutput, variableOf(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxHookOutput))
}

func variableOf(path string) string {
	if strings.HasSuffix(path, ".output") {
		return envOutput
	}
	return envResponse
}

func (f hookFiles) remove() {
	_ = os.Remove(f.response) // usually not there
	_ = os.Remove(f.output)
}
