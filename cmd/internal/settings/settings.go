// Package settings finds out which service, hub and other settings a command uses,
// and from which source each of them is: a flag, a variable of the environment, an
// .env file, the settings file of a Functions project, a context, or the default.
//
// It reads and writes the files of contexts. It does not know what a value means:
// connection strings are parsed by package cli, which also has the flags.
//
//	r := settings.New(flags, os.LookupEnv)
//	service, err := r.Service()
//	fmt.Println(service.Text, "from", service.From)
package settings

import (
	"context"
	"strconv"
)

// Flags are the values of the common flags; "" for one that is not given.
type Flags struct {
	ConnectionString  string
	Endpoint          string
	Hub               string
	Context           string
	EnvFile           string
	FunctionsSettings string
	Credential        string
	CAFile            string
}

// Value is a setting and its source; the zero Value is one that is not set.
type Value struct {
	Text string
	From string // as in an error or a hint, such as $WPS_HUB or "--hub"
}

// IsSet reports whether the setting has a value.
func (v Value) IsSet() bool { return v.From != "" }

// Error is a setting or a file that cannot be used.
type Error struct {
	File string // "" if it is no file
	Line int    // 0 if it is no single line
	Text string
	Hint string
	// Failed means that the setting is right, and that what it names failed.
	Failed bool
}

// Error names the file and the line.
func (e *Error) Error() string {
	switch {
	case e.File == "":
		return e.Text
	case e.Line == 0:
		return e.File + ": " + e.Text
	}
	return e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Text
}

// Service is the setting that names the service. Exactly one of ConnectionString
// and Endpoint is set, unless there is no such setting.
type Service struct {
	ConnectionString Value
	Endpoint         Value
	// Command prints the connection string, and was not run.
	Command string
	// Identity are the members with which a Functions project or a context
	// describes how to sign in.
	Identity Identity
}

// From returns the source of the setting.
func (s *Service) From() string {
	if s.Endpoint.IsSet() {
		return s.Endpoint.From
	}
	return s.ConnectionString.From
}

// IsSet reports whether a service is named.
func (s *Service) IsSet() bool { return s.From() != "" }

// Identity is how to sign in, as text.
type Identity struct{ Credential, ClientID, TenantID, ClientSecret string }

// Resolver finds settings. It may be used by one goroutine at a time.
type Resolver struct {
	Flags     Flags
	LookupEnv func(string) (string, bool)
	// Context limits the commands that print connection strings.
	Context context.Context //nolint:containedctx // a Resolver lives as long as a command
	// KeepCommands returns the commands that print connection strings instead of
	// running them.
	KeepCommands bool

	loaded *selected // the context, nil before it was needed
	files  map[string]*Variables
	secret map[string]secretResult // by command line
}

// New returns a Resolver.
func New(flags Flags, lookupEnv func(string) (string, bool)) *Resolver {
	return &Resolver{Flags: flags, LookupEnv: lookupEnv, Context: context.Background()}
}
