package settings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"wps/cmd/internal/outfile"
	"wps/internal/reason"
)

// maxFile limits a file of settings, in bytes.
const maxFile = 1 << 20

// Variables are those that a file sets.
type Variables struct {
	File   string
	values map[string]variable
}

type variable struct {
	text string
	line int
}

// Lookup returns a variable of the file. One that is set but empty is an error.
func (v *Variables) Lookup(name string) (Value, error) {
	found, set := v.values[name]
	if !set {
		return Value{}, nil
	}
	if found.text == "" {
		return Value{}, &Error{File: v.File, Line: found.line, Text: name + " is empty", Hint: "set a value or delete the line"}
	}
	return Value{found.text, name + " in " + v.File}, nil
}

// readFile reads a file of settings. In a directory it is the file called name.
func readFile(path, name string) (string, []byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		path = filepath.Join(path, name)
		info, err = os.Stat(path)
	}
	if err == nil && info.Size() > maxFile {
		return path, nil, &Error{File: path, Text: "is larger than 1 MiB", Hint: "is it the right file?"}
	}
	var text []byte
	if err == nil {
		text, err = outfile.Read(path)
	}
	if err != nil {
		return path, nil, &Error{File: path, Text: reasonOf(err), Hint: "check the name of the file; it is relative to the working directory"}
	}
	if strings.HasPrefix(string(text), "\xff\xfe") || strings.HasPrefix(string(text), "\xfe\xff") {
		return path, nil, &Error{File: path, Text: "is in UTF-16, not in UTF-8", Hint: `write it with "Out-File -Encoding utf8", or convert it with iconv`}
	}
	return path, []byte(strings.TrimPrefix(string(text), "\ufeff")), nil
}

// reasonOf returns the words for an error of the file system.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "the file does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "this user may not read or write it"
	}
	return reason.System(err)
}
