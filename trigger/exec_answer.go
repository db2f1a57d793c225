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

// answer returns the answer that the ended process left: its exit code, its
// output, and its files.
func (r *run) answer(ev *Event) (Answer, error) {
	state := r.cmd.ProcessState
	if !state.Success() {
		return Answer{Error: r.exitError(state)}, nil
	}
	response, err := r.files.read(r.files.response)
	if err != nil {
		return Answer{}, err
	}
	a, err := r.parse(ev, response)
	if err != nil {
		return Answer{}, err
	}
	objects, err := r.files.read(r.files.output)
	a.Output = append(a.Output, objects...)
	return a, err
}

// parse reads the response file unless it is blank or absent, otherwise stdout.
func (r *run) parse(ev *Event, response []byte) (Answer, error) {
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
		return Answer{}, fmt.Errorf("the output of the hook is not JSON: %s", shorten(string(a.Message)))
	case a.DataType == protocol.DataTypeText && !utf8.Valid(a.Message):
		return Answer{}, errors.New("the output of the hook is not UTF-8 text")
	}
	return a, nil
}

// exitError returns the refusal for an exit code other than 0. Its text is the
// last line of stderr.
func (r *run) exitError(state *os.ProcessState) *Error {
	e := &Error{Status: http.StatusInternalServerError, Text: r.lastLine}
	how := signalOf(state)
	switch code := state.ExitCode(); {
	case code == ExitUnauthorized:
		e.Status = http.StatusUnauthorized
	case code == ExitUserError:
		e.Status = http.StatusBadRequest
	case code == ExitTryAgain:
		e.Status, e.Retry = tryAgain, true
	case how != "":
		e.Retry = true
	default:
		how = "exit code " + strconv.Itoa(code)
	}
	e.Detail = strings.Trim(how+": "+r.lastLine, ": ")
	return e
}

// hookFiles are the paths of the files of one run: a hook may write to response and
// output, which do not exist before, and read the others.
type hookFiles struct {
	base, response, output string
	values                 []string
}

func (c *command) files() hookFiles {
	base := filepath.Join(c.dir, strconv.FormatUint(c.runs.Add(1), 10))
	return hookFiles{base: base, response: base + ".response", output: base + ".output"}
}

// provide writes a value to a file that the hook may read, for the owner only, and
// returns the variable that names the file.
func (f *hookFiles) provide(name, value string) (pair string, err error) {
	path := f.base + "." + name
	err = writeNew(path, value)
	if errors.Is(err, os.ErrNotExist) { // something has tidied the folder away
		if err = os.Mkdir(filepath.Dir(path), 0o700); err == nil {
			err = writeNew(path, value)
		}
	}
	if err != nil {
		return "", err
	}
	f.values = append(f.values, path)
	return fileName(name) + "=" + path, nil
}

func writeNew(path, value string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(path) // what was written is of no use
	}
	return err
}

// read returns what a hook wrote to a file; nil if the file does not exist.
func (*hookFiles) read(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("the hook created something other than a file at $" + variableOf(path))
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

func (f *hookFiles) remove() {
	_ = os.Remove(f.response) // usually does not exist
	_ = os.Remove(f.output)
	for _, path := range f.values {
		_ = os.Remove(path) // unless the hook did
	}
}
