// Package cli holds what all commands of wps share: streams, colors, errors with
// hints and exit codes, common flags, help, tables, and the resolution of settings.
//
// It calls no service. It is one package because [Env] joins all of it, and every
// command needs all of [Env]. A [Printer] prints, [Settings] resolves which service and
// hub to use; a function that needs only one of them gets that instead of [Env].
// What an error of another package means is left to cmd/internal/explain.
//
//	env := cli.NewEnv(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
//	cs, source, err := env.Settings.Connection()
//	err = env.Out.PrintJSON(result)
package cli

import (
	"io"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/stdio"
)

// Env is the environment of a command: its input, printer, settings, signals and log. It is
// used for one run.
type Env struct {
	Stdin    io.Reader
	Out      *Printer
	Settings *Settings
	Signals  *Signals     // of the process
	Log      *slog.Logger // logs to stderr at the level of -v and --debug
	Verbose  bool         // -v is set
	Debug    bool         // --debug is set

	Environ func() []string // as os.Environ; nil: no variables but those of Settings
}

// NewEnv returns an Env with the given streams. lookupEnv reads an environment
// variable, as os.LookupEnv does.
func NewEnv(stdin io.Reader, stdout, stderr io.Writer, lookupEnv func(string) (string, bool)) *Env {
	env := &Env{Stdin: stdin, Out: newPrinter(stdout, stderr, lookupEnv), Signals: &Signals{}, Log: slog.New(slog.DiscardHandler)}
	env.Settings = &Settings{LookupEnv: lookupEnv, log: env.Log, proxyFrom: map[string]string{}}
	return env
}

// Serve declares that the command runs until it is asked to stop, and then ends
// all that it started; see [Signals.Serve]. What it prints is a log, which never
// holds it up, and it stops when that has no reader any more; each line of Log
// begins with the time. It is called before
// anything is printed; the caller calls done.
func (e *Env) Serve() (done func()) {
	e.Out.serve(e.Signals.Stop)
	e.LogLines()
	return e.Signals.Serve()
}

// NoteUnread warns, except with -q, when standard input has content that the command
// does not read. why says what it uses in its place.
func (e *Env) NoteUnread(why string) {
	if !e.Out.Quiet && stdio.HoldsInput(e.Stdin) {
		e.Out.Warn("standard input is not read: " + why)
	}
}

// LogLines makes Log write lines that begin with the time, as those of a command
// which runs until it is stopped.
func (e *Env) LogLines() {
	e.Log = newServeLogger(e.Out.Stderr, e.level())
	e.Settings.log = e.Log
}

// CommonFlags defines the flags that every command has.
func CommonFlags(env *Env, root *cobra.Command) {
	f := root.PersistentFlags()
	f.SortFlags = false
	env.Settings.register(f)
	f.StringVarP(&env.Out.Format, "output", "o", "text", "output format: `text|json`")
	f.StringVar(&env.Out.jq, "jq", "", "filter the JSON output with a jq `expression`; implies -o json")
	f.BoolVarP(&env.Out.Quiet, "quiet", "q", false, "suppress status messages; results and errors are still printed")
	f.BoolVarP(&env.Verbose, "verbose", "v", false, "log progress to stderr")
	f.BoolVar(&env.Debug, "debug", false, "log details to stderr")
	f.StringVar(&env.Out.color, "color", "auto", "when to use color; auto honors $NO_COLOR and TERM=dumb: `auto|always|never`")
	f.DurationVar(&env.Settings.Timeout, "timeout", defaultTimeout, "`time` limit for a request, including retries")
	f.IntVar(&env.Settings.Retries, "retries", defaultRetries, "retry a request up to `n` times after a network error, 429 or 5xx")
}

// OutputsAnnotation lists the output formats that a command supports besides text
// and json.
const OutputsAnnotation = "outputs"

// Prepare checks and applies the common flags of c, which have been parsed.
func Prepare(env *Env, c *cobra.Command) error {
	outputs := append([]string{"text", "json"}, strings.Fields(c.Annotations[OutputsAnnotation])...)
	if err := checkEmptyFlags(c); err != nil {
		return err
	}
	if err := checkUTF8Flags(c); err != nil {
		return err
	}
	if err := env.Settings.check(); err != nil {
		return err
	}
	if f := c.Flags().Lookup("output"); f != nil && !f.Changed {
		if format := env.Settings.output(); format != "" {
			env.Out.Format = format
		}
	}
	if err := env.Out.configure(outputs); err != nil {
		return err
	}
	env.Log = newLogger(env)
	env.Settings.log = env.Log
	env.Signals.wait() // what the command does from here on can be stopped
	return nil
}

func newLogger(env *Env) *slog.Logger {
	return slog.New(slog.NewTextHandler(env.Out.Stderr, &slog.HandlerOptions{Level: env.level()}))
}

// level returns the level of -v and --debug.
func (e *Env) level() slog.Level {
	switch {
	case e.Debug:
		return slog.LevelDebug
	case e.Verbose:
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// AllowEmpty marks a flag whose value may be empty.
func AllowEmpty(c *cobra.Command, name string) {
	c.Flags().Lookup(name).Annotations = map[string][]string{emptyAnnotation: nil}
}

const emptyAnnotation = "may be empty"

// checkEmptyFlags rejects --hub "$UNSET": with the default instead, the command
// could act on another hub, another service or every connection.
func checkEmptyFlags(c *cobra.Command) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		_, allowed := f.Annotations[emptyAnnotation]
		list, isList := f.Value.(pflag.SliceValue)
		empty := isList && slices.Contains(list.GetSlice(), "") || f.Value.Type() == "string" && f.Value.String() == ""
		if empty && !allowed && err == nil {
			err = Usage("--"+f.Name+" is empty", "set a value or omit the flag; a variable in its value may be unset")
		}
	})
	return err
}

// checkUTF8Flags rejects names that are not UTF-8: tokens and JSON cannot hold
// them, and would silently hold other names. File names and data may be any bytes.
func checkUTF8Flags(c *cobra.Command) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		placeholder, _ := pflag.UnquoteUsage(f)
		values := []string{f.Value.String()}
		if list, isList := f.Value.(pflag.SliceValue); isList {
			values = list.GetSlice()
		}
		invalid := slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) })
		if invalid && err == nil && !slices.Contains([]string{"file", "text|@file|-", "EVENT HOOK"}, placeholder) {
			err = NotUTF8("--" + f.Name)
		}
	})
	return err
}
