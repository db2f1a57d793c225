package cmd

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Env is what a command has of the world: an input, what prints, and what
// resolves settings. One Env serves one Run.
type Env struct {
	stdin    io.Reader
	out      *printer
	settings *settings
	log      *slog.Logger // of the level that -v and --debug ask for
	verbose  bool
	debug    bool
}

// NewEnv returns an Env of the given streams, and of an environment that
// lookupEnv reads as os.LookupEnv does.
func NewEnv(stdin io.Reader, stdout, stderr io.Writer, lookupEnv func(string) (string, bool)) *Env {
	env := &Env{stdin: stdin, out: newPrinter(stdout, stderr, lookupEnv), log: slog.New(slog.DiscardHandler)}
	env.settings = &settings{lookupEnv: lookupEnv, log: env.log}
	return env
}

// commonFlags defines the flags that every command has.
func commonFlags(env *Env, root *cobra.Command) {
	f := root.PersistentFlags()
	f.SortFlags = false
	f.StringVar(&env.settings.connectionString, "connection-string", "", "which service: `string` with Endpoint and AccessKey; @FILE reads it from a file\n(default $WPS_CONNECTION_STRING, then $WebPubSubConnectionString, then the local emulator)")
	f.StringVar(&env.settings.hubFlag, "hub", "", "`name` of the hub (default $WPS_HUB)")
	f.StringVarP(&env.out.format, "output", "o", "text", "output format: `text|json`")
	f.StringVar(&env.out.jq, "jq", "", "filter the JSON output with a jq `expression`; implies -o json")
	f.BoolVarP(&env.out.quiet, "quiet", "q", false, "suppress status messages; results and errors are still printed")
	f.BoolVarP(&env.verbose, "verbose", "v", false, "log what happens to stderr")
	f.BoolVar(&env.debug, "debug", false, "log every detail to stderr")
	f.StringVar(&env.out.color, "color", "auto", "when to use color; auto honors $NO_COLOR and TERM=dumb: `auto|always|never`")
	f.DurationVar(&env.settings.timeout, "timeout", 30*time.Second, "`time` limit for a request, including retries")
	f.IntVar(&env.settings.retries, "retries", 3, "retry a request up to `n` times after a network error, 429 or 5xx")
}

// outputsAnnotation holds the output formats that a command has besides text and
// json.
const outputsAnnotation = "outputs"

// prepare checks the common flags after they are parsed.
func prepare(env *Env, c *cobra.Command) error {
	outputs := append([]string{"text", "json"}, strings.Fields(c.Annotations[outputsAnnotation])...)
	if err := noEmptyFlags(c); err != nil {
		return err
	}
	if err := textFlags(c); err != nil {
		return err
	}
	if err := env.out.configure(outputs); err != nil {
		return err
	}
	if err := env.settings.check(); err != nil {
		return err
	}
	env.log = newLogger(env)
	env.settings.log = env.log
	return nil
}

func newLogger(env *Env) *slog.Logger {
	level := slog.LevelWarn
	switch {
	case env.debug:
		level = slog.LevelDebug
	case env.verbose:
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(env.out.stderr, &slog.HandlerOptions{Level: level}))
}

// mayBeEmpty marks a flag whose empty value means something.
func mayBeEmpty(c *cobra.Command, name string) {
	c.Flags().Lookup(name).Annotations = map[string][]string{emptyAnnotation: nil}
}

const emptyAnnotation = "may be empty"

// noEmptyFlags refuses --hub "$UNSET": without the flag the command could act on
// another hub, another service or every connection.
func noEmptyFlags(c *cobra.Command) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		_, allowed := f.Annotations[emptyAnnotation]
		list, isList := f.Value.(pflag.SliceValue)
		empty := isList && slices.Contains(list.GetSlice(), "") || f.Value.Type() == "string" && f.Value.String() == ""
		if empty && !allowed && err == nil {
			err = usage("--"+f.Name+" is empty", "give it a value or leave it out; a variable that was to fill it may be unset")
		}
	})
	return err
}

// textFlags refuses names that are not UTF-8: tokens and JSON cannot hold them,
// and would hold other names in silence. Names of files, and data, may be any bytes.
func textFlags(c *cobra.Command) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		what, _ := pflag.UnquoteUsage(f)
		values := []string{f.Value.String()}
		if list, isList := f.Value.(pflag.SliceValue); isList {
			values = list.GetSlice()
		}
		broken := slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) })
		if broken && err == nil && !slices.Contains([]string{"file", "text|@file|-", "EVENT HOOK"}, what) {
			err = notText("--" + f.Name)
		}
	})
	return err
}

// notText is the error of a value that is not UTF-8.
func notText(what string) error {
	return usage(fmt.Sprintf("%s is not UTF-8 text", what), "names at the service are UTF-8; check the encoding of the terminal or of the program that made it")
}
