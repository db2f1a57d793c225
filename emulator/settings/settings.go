// Package settings reads the settings file of the emulator: hubs with their
// event handlers, hubs whose clients need no token, and the access key. It also
// reads an event handler written on one line, as in a flag.
//
// A file has one of three forms:
//
//   - the emulator's own, YAML or JSON, with the names of the service's hub
//     settings: hubs, and in a hub eventHandlers and anonymousConnectPolicy;
//   - the appsettings.json of the vendor's emulator, which has the same in its
//     section WebPubSub;
//   - hubs as Azure prints them, by "az webpubsub hub show -o json" or "list".
//
// JSON may hold comments and trailing commas. Names are compared without regard
// to case. What the emulator would not use is refused, with its line, but for what
// the vendor's emulator takes as well: that is a warning.
//
// Load also reads the environment variables of the vendor's emulator, and Discover
// finds its file in a folder.
//
//	s, err := settings.Read("settings.yaml")
//	...
//	server, err := emulator.New(s.Options())
//
// The package is not part of emulator so that a program which only runs the
// emulator does not link a YAML library.
package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"go.yaml.in/yaml/v3"

	"wps/emulator"
)

const (
	// MaxSize is the largest file that is read, in bytes.
	MaxSize = 1 << 20
	// MaxHandlers is how many event handlers a file may have, those that aliases
	// repeat included.
	MaxHandlers = 1000
)

// Settings are what a file says. The zero value is that of a file without
// settings.
type Settings struct {
	// Handlers are the event handlers of all hubs, in the order of the file.
	Handlers []HubHandler
	// AnonymousHubs are the hubs whose clients need no token; emulator.AnyHub is
	// every hub.
	AnonymousHubs []string
	// AccessKey is a secret that satisfies token.CheckKey; "" if there is none.
	AccessKey string
	// AllowUnvalidatedEntraTokens is as in emulator.Options.
	AllowUnvalidatedEntraTokens bool
	// URLs is where to listen: one or more URLs with semicolons between, unchecked;
	// "" if the settings do not say. URLsFrom is the file or the $VARIABLE with them.
	URLs, URLsFrom string
	// KeepAlive is the time between two pings, by hub in lower case or
	// emulator.AnyHub, where it is not the default.
	KeepAlive map[string]time.Duration
	// Warnings say what is read and has no effect, each with its place.
	Warnings []string
}

// Options returns the settings as options of the emulator. Its other options are
// zero, and may be set before use.
func (s Settings) Options() emulator.Options {
	return emulator.Options{
		Key: s.AccessKey, Hubs: s.Hubs(s.Handlers), AnonymousHubs: s.AnonymousHubs,
		AllowUnvalidatedEntraTokens: s.AllowUnvalidatedEntraTokens,
	}
}

// Hubs returns the settings of hubs with these event handlers in place of those of
// the settings.
func (s Settings) Hubs(handlers []HubHandler) map[string]emulator.HubSettings {
	hubs := ByHub(handlers)
	for name, interval := range s.KeepAlive {
		h, own := hubs[name]
		if !own {
			h.Handlers = hubs[emulator.AnyHub].Handlers
		}
		h.KeepAlive = interval
		hubs[name] = h
	}
	for name, h := range hubs {
		if h.KeepAlive == 0 {
			h.KeepAlive = s.KeepAlive[emulator.AnyHub]
			hubs[name] = h
		}
	}
	return hubs
}

// Error is what is wrong with a settings file.
type Error struct {
	File string // as given to Read or Parse, or a $VARIABLE
	Line int    // counted from 1; 0 is the file as a whole
	Err  error  // what is wrong; of a file that cannot be read, it wraps the cause
	Hint string // what to do about it; "" if nothing more is known
}

// Error returns file, line and what is wrong, without the hint.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Read reads a settings file. Its errors are of type *Error.
func Read(path string) (Settings, error) { return Load([]string{path}, nil) }

// Load reads settings files, a later one over the earlier, and over them the
// environment variables of the vendor's emulator in environ, which has the form of
// os.Environ; see Variables. Where there are several files, they are appsettings
// files. Its errors are of type *Error.
func Load(files, environ []string) (Settings, error) {
	r := newReader()
	var root *yaml.Node
	for i, path := range files {
		text, err := readFile(path)
		if err != nil {
			return Settings{}, unreadable(path, err)
		}
		r.file = path
		parse := r.document
		if i > 0 {
			parse = r.jsonDocument
		}
		n, err := parse(text)
		if err != nil {
			return Settings{}, err
		}
		if len(files) > 1 {
			r.own(n)
		}
		if root = r.over(root, n); root.Kind != yaml.MappingNode && i > 0 {
			return Settings{}, r.failAt(0, "", "must be an object like %s", files[0])
		}
	}
	return r.finish(root, environ)
}

// unreadable returns the error of a file that cannot be read.
func unreadable(path string, err error) error {
	if cause, ok := errors.AsType[*fs.PathError](err); ok {
		err = cause.Err // the rest repeats the path
	}
	return &Error{File: path, Err: fmt.Errorf("cannot be read: %w", err), Hint: "name a settings file that can be read"}
}

// readFile returns at most one byte more than Parse takes.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

// Parse reads the text of a settings file; file names it in errors, which are of
// type *Error. It does not keep text.
func Parse(file string, text []byte) (Settings, error) {
	r := newReader()
	r.file = file
	root, err := r.document(text)
	if err != nil {
		return Settings{}, err
	}
	return r.finish(root, nil)
}

// finish reads the settings under root, nil for no file, and those of variables.
func (r *reader) finish(root *yaml.Node, environ []string) (Settings, error) {
	if err := r.root(root, r.variables(environ)); err != nil {
		return Settings{}, err
	}
	r.hostURLs(environ)
	return r.out, nil
}
