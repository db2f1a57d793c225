package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"wps/cmd/internal/outfile"
	"wps/internal/suggest"
)

// Store holds the contexts of a user: a file for each below contexts, and the name
// of the selected one in the file current. Files are readable by their owner only,
// and are replaced whole, so that a reader never sees half of one.
type Store struct{ dir string }

// NewStore returns the store of the user whose environment lookupEnv reads:
// $WPS_CONFIG_DIR, or else wps in $XDG_CONFIG_HOME, in %AppData% (Windows), in
// ~/Library/Application Support (macOS) or in ~/.config.
func NewStore(lookupEnv func(string) (string, bool)) *Store {
	return &Store{dirOf(lookupEnv, runtime.GOOS)}
}

func dirOf(lookupEnv func(string) (string, bool), system string) string {
	value := func(name string) string { text, _ := lookupEnv(name); return text }
	below := func(root string, names ...string) string {
		if root == "" {
			return ""
		}
		return filepath.Join(append(append([]string{root}, names...), "wps")...)
	}
	switch xdg := value("XDG_CONFIG_HOME"); {
	case value("WPS_CONFIG_DIR") != "":
		return value("WPS_CONFIG_DIR")
	case filepath.IsAbs(xdg):
		return below(xdg)
	case system == "windows":
		return below(value("AppData"))
	case system == "darwin":
		return below(value("HOME"), "Library", "Application Support")
	}
	return below(value("HOME"), ".config")
}

// extension is that of a context's file.
const extension = ".yaml"

func (s *Store) folder() string  { return filepath.Join(s.dir, "contexts") }
func (s *Store) current() string { return filepath.Join(s.dir, "current") }
func (s *Store) file(name string) string {
	return filepath.Join(s.folder(), name+extension)
}

// check returns an error for a user without a home.
func (s *Store) check() error {
	if s.dir == "" {
		return &Error{Text: "there is no folder for contexts", Hint: "set HOME, or WPS_CONFIG_DIR to a folder"}
	}
	return nil
}

// Names returns the names of all contexts, sorted.
func (s *Store) Names() ([]string, error) {
	if s.dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(s.folder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{File: s.folder(), Text: reasonOf(err), Hint: "check the permissions of the folder"}
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok && CheckName(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// find returns the name of a context as its file has it. Two names that differ in
// case only are one name, as in the file systems of macOS and Windows.
func (s *Store) find(name string) (string, error) {
	names, err := s.Names()
	if err != nil {
		return "", err
	}
	var same []string
	for _, n := range names {
		if strings.EqualFold(n, name) {
			same = append(same, n)
		}
	}
	switch {
	case len(same) > 1:
		return "", &Error{File: s.folder(), Text: fmt.Sprintf("two contexts of one name: %s and %s", same[0], same[1]), Hint: "rename or delete one of the files; upper and lower case are the same in a name"}
	case len(same) == 1:
		return same[0], nil
	}
	return "", s.unknown(name, names)
}

// unknown returns the error of a context that does not exist.
func (s *Store) unknown(name string, names []string) error {
	hint := "add it with \"wps context add\""
	if near := suggest.Nearest(name, slices.Values(names)); len(near) > 0 {
		hint = "did you mean " + near[0] + "?"
	} else if len(names) > 0 {
		hint = "the contexts are " + strings.Join(names[:min(len(names), 20)], ", ")
	}
	return &unknownContextError{Error{Text: fmt.Sprintf("context %q does not exist", name), Hint: hint}}
}

// unknownContextError is a context that does not exist.
type unknownContextError struct{ is Error }

// Error implements error.
func (e *unknownContextError) Error() string { return e.is.Text }

// Unwrap returns the error as every other of this package.
func (e *unknownContextError) Unwrap() error { return &e.is }

// Load reads a context. Its file must be readable by its owner only.
func (s *Store) Load(name string) (*Context, error) {
	name, err := s.find(name)
	if err != nil {
		return nil, err
	}
	c := &Context{Name: name, File: s.file(name)}
	if err := checkPrivate(c.File); err != nil {
		return nil, err
	}
	_, text, err := readFile(c.File, "")
	if err != nil {
		return nil, err
	}
	if err := c.parse(text); err != nil {
		return nil, err
	}
	return c, c.Check()
}

// Add writes a new context.
func (s *Store) Add(c *Context) error {
	if err := cmpErr(s.check(), CheckName(c.Name)); err != nil {
		return err
	}
	if same, err := s.find(c.Name); err == nil {
		return &Error{Text: fmt.Sprintf("context %q exists already", same), Hint: "change it with \"wps context edit " + same + "\", or remove it first"}
	} else if _, unknown := errors.AsType[*unknownContextError](err); !unknown {
		return err
	}
	c.File = s.file(c.Name)
	if err := c.Check(); err != nil {
		return err
	}
	text, err := c.marshal()
	if err != nil {
		return err
	}
	return s.write(c.File, text)
}

// cmpErr returns the first error that is not nil.
func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Path returns the file of a context.
func (s *Store) Path(name string) (string, error) {
	name, err := s.find(name)
	return s.file(name), err
}

// Replace replaces the text of a context's file, if the new text is valid.
func (s *Store) Replace(name string, text []byte) error {
	name, err := s.find(name)
	if err != nil {
		return err
	}
	c := &Context{Name: name, File: s.file(name)}
	if err := cmpErr(c.parse(text), c.Check()); err != nil {
		return err
	}
	return s.write(c.File, text)
}

// Rename changes the name of a context to another, which must be free. If it is selected, it
// remains selected.
func (s *Store) Rename(from, to string) error {
	from, err := s.find(from)
	if err := cmpErr(err, CheckName(to)); err != nil {
		return err
	}
	if same, err := s.find(to); err == nil && same != from {
		return &Error{Text: fmt.Sprintf("context %q exists already", same), Hint: "choose another name, or remove that context first"}
	}
	selected, err := s.Selected()
	if err == nil {
		err = s.fileError(outfile.Rename(s.file(from), s.file(to)), s.file(to))
	}
	if err == nil && strings.EqualFold(selected, from) {
		err = s.write(s.current(), []byte(to+"\n"))
	}
	return err
}

// Remove deletes a context. If it is selected, none is afterwards.
func (s *Store) Remove(name string) error {
	name, err := s.find(name)
	if err != nil {
		return err
	}
	selected, err := s.Selected()
	if err == nil && strings.EqualFold(selected, name) {
		err = s.Use("")
	}
	if err != nil {
		return err
	}
	return s.fileError(os.Remove(s.file(name)), s.file(name))
}

// Use selects a context; "" selects none.
func (s *Store) Use(name string) error {
	if err := s.check(); err != nil {
		return err
	}
	if name == "" {
		err := os.Remove(s.current())
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return s.fileError(err, s.current())
	}
	c, err := s.Load(name)
	if err != nil {
		return err
	}
	return s.write(s.current(), []byte(c.Name+"\n"))
}

// Selected returns the name of the selected context, "" if there is none.
func (s *Store) Selected() (string, error) {
	if s.dir == "" {
		return "", nil
	}
	text, err := outfile.Read(s.current())
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) && !exists(s.dir) {
			return "", nil
		}
		return "", s.fileError(err, s.current())
	}
	name := strings.TrimSpace(string(text))
	if CheckName(name) != nil {
		return "", &Error{File: s.current(), Line: 1, Text: "is not the name of a context", Hint: "select one with \"wps context use NAME\", or none with \"wps context use --none\""}
	}
	return name, nil
}
