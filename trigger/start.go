package trigger

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"wps/internal/reason"
)

// ScriptError is the error of a hook's program that the system cannot start.
type ScriptError struct {
	Path    string
	Problem string // follows the path, such as "is not a program"
	Fix     string // what to do
}

// Error returns what is wrong with the program.
func (e *ScriptError) Error() string { return fmt.Sprintf("command %s %s", e.Path, e.Problem) }

// headSize is how much of a program is read to find out what it is, in bytes: Linux
// looks at as much.
const headSize = 256

// checkProgram returns an error if a program is a text that the system cannot start.
// Other programs, and those that cannot be read, are left to the system.
func checkProgram(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, headSize))
	if err != nil || len(head) == 0 {
		return nil // an empty file is refused by the system
	}
	line, isScript := bytes.CutPrefix(head, []byte("#!"))
	switch {
	case isScript:
		line, _, _ = bytes.Cut(line, []byte("\n"))
		return checkInterpreter(path, string(line))
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf#!")):
		return &ScriptError{path, "begins with a byte order mark, so that its #! is not seen", "save it as UTF-8 without a byte order mark"}
	case bytes.IndexByte(head, 0) < 0:
		return &ScriptError{path, "is a script without an interpreter", "begin it with a line such as #!/bin/sh, or write the interpreter before it, as in --on EVENT 'sh " + filepath.Base(path) + "'"}
	}
	return nil
}

// checkInterpreter checks the first line of a script, after #!.
func checkInterpreter(path, line string) error {
	if strings.HasSuffix(line, "\r") {
		return &ScriptError{path, "has the line ends of Windows, so that its interpreter is not found", "save it with LF line ends, as with sed -i 's/\\r$//' " + filepath.Base(path)}
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return &ScriptError{path, "names no interpreter after #!", "begin it with a line such as #!/bin/sh"}
	}
	if _, err := os.Stat(words[0]); err != nil {
		return &ScriptError{path, fmt.Sprintf("needs the interpreter %s, which does not exist", words[0]), "install it, or correct the first line of the script"}
	}
	if filepath.Base(words[0]) != "env" || len(words) < 2 || strings.HasPrefix(words[1], "-") || strings.Contains(words[1], "=") {
		return nil
	}
	if _, err := exec.LookPath(words[1]); err != nil {
		return &ScriptError{path, fmt.Sprintf("needs the interpreter %s, which is not in $PATH", words[1]), "install it, or correct the first line of the script"}
	}
	return nil
}

// startError words the error of a program that was not started.
func startError(path string, err error) error {
	if script := checkProgram(path); script != nil {
		return script
	}
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("start %s: it is not a program of this system", path)
	case errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("start %s: it does not exist any more, or a file that it needs does not", path)
	}
	return fmt.Errorf("start %s: %s", path, reason.System(err))
}
