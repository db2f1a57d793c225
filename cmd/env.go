package cmd

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fatih/color"
	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// Env is everything a command has of the world: streams, environment and the
// flags that all commands share. One Env serves one Run.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string

	flags commonFlags
	jq    *gojq.Code
	out   palette // colours of Stdout
	err   palette // colours of Stderr
	log   *slog.Logger
}

// commonFlags are the flags of every command.
type commonFlags struct {
	connectionString string
	hub              string
	output           string
	jq               string
	color            string
	quiet            bool
	verbose          bool
	debug            bool
	timeout          time.Duration
	retries          int
}

// NewEnv makes an Env of the given streams and environment.
func NewEnv(stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) *Env {
	return &Env{Stdin: stdin, Stdout: stdout, Stderr: stderr, Getenv: getenv, log: slog.New(slog.DiscardHandler)}
}

func (e *Env) commonFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.SortFlags = false
	f.StringVar(&e.flags.connectionString, "connection-string", "", "which service: `string` with Endpoint and AccessKey; @FILE reads it from a file\n(default $WPS_CONNECTION_STRING, then $WebPubSubConnectionString, then the local emulator)")
	f.StringVar(&e.flags.hub, "hub", "", "`name` of the hub (default $WPS_HUB)")
	f.StringVarP(&e.flags.output, "output", "o", "text", "how to print: `text|json`")
	f.StringVar(&e.flags.jq, "jq", "", "filter the JSON output with a jq `expression`; implies -o json")
	f.BoolVarP(&e.flags.quiet, "quiet", "q", false, "say nothing about what was done; results and errors still come")
	f.BoolVarP(&e.flags.verbose, "verbose", "v", false, "log what happens to stderr")
	f.BoolVar(&e.flags.debug, "debug", false, "log every detail to stderr")
	f.StringVar(&e.flags.color, "color", "auto", "colours, where $NO_COLOR and TERM=dumb turn auto off: `auto|always|never`")
	f.DurationVar(&e.flags.timeout, "timeout", 30*time.Second, "give up a request, all its tries together, after this `time`")
	f.IntVar(&e.flags.retries, "retries", 3, "try a request again up to `n` times after a network error, 429 or 5xx")
}

// outputs of commands that have more than text and json.
const outputsAnnotation = "outputs"

// prepare checks the common flags once they are parsed.
func (e *Env) prepare(c *cobra.Command) error {
	outputs := append([]string{"text", "json"}, strings.Fields(c.Annotations[outputsAnnotation])...)
	if err := noEmptyFlags(c); err != nil {
		return err
	}
	if err := textFlags(c); err != nil {
		return err
	}
	if !slices.Contains(outputs, e.flags.output) {
		return usagef("--output %q is unknown: use %s", e.flags.output, orList(outputs))
	}
	if !slices.Contains([]string{"auto", "always", "never"}, e.flags.color) {
		return usagef("--color %q is unknown: use auto, always or never", e.flags.color)
	}
	if e.flags.timeout <= 0 {
		return usagef("--timeout must be more than 0")
	}
	if e.flags.retries < 0 {
		return usagef("--retries must be 0 or more")
	}
	if err := e.compileJQ(); err != nil {
		return err
	}
	e.out, e.err = e.paletteFor(e.Stdout), e.paletteFor(e.Stderr)
	e.log = e.newLogger()
	return nil
}

// mayBeEmpty marks a flag whose empty value means something.
func mayBeEmpty(c *cobra.Command, name string) {
	c.Flags().Lookup(name).Annotations = map[string][]string{emptyAnnotation: nil}
}

const emptyAnnotation = "may be empty"

// noEmptyFlags refuses --hub "$UNSET": what stands for a flag that is left out
// could be another hub, another service or everyone.
func noEmptyFlags(c *cobra.Command) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		_, allowed := f.Annotations[emptyAnnotation]
		list, isList := f.Value.(pflag.SliceValue)
		empty := isList && slices.Contains(list.GetSlice(), "") || f.Value.Type() == "string" && f.Value.String() == ""
		if empty && !allowed && err == nil {
			err = &usageError{"--" + f.Name + " is empty", "give it a value or leave it out; a variable that was to fill it may be unset"}
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
	return &usageError{what + " is not UTF-8 text", "the service has no other names; look at the encoding of the terminal or of what gave it"}
}

// orList writes "a, b or c".
func orList(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func (e *Env) newLogger() *slog.Logger {
	level := slog.LevelWarn
	switch {
	case e.flags.debug:
		level = slog.LevelDebug
	case e.flags.verbose:
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(e.Stderr, &slog.HandlerOptions{Level: level}))
}

func (e *Env) compileJQ() error {
	if e.flags.jq == "" {
		return nil
	}
	query, err := gojq.Parse(e.flags.jq)
	if err == nil {
		e.jq, err = gojq.Compile(query)
	}
	if err != nil {
		return usagef("--jq %q: %v", e.flags.jq, err)
	}
	e.flags.output = "json"
	return nil
}

// json tells whether results are printed as JSON.
func (e *Env) json() bool { return e.flags.output == "json" }

// palette holds the colours of one stream.
type palette struct{ name, good, bad, dim func(string) string }

func (e *Env) paletteFor(w io.Writer) palette {
	terminal, _ := w.(*os.File)
	able := isTerminal(w) && takesColours(terminal)
	on := e.flags.color == "always" || e.flags.color == "auto" && able && e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb"
	paint := func(attributes ...color.Attribute) func(string) string {
		c := color.New(attributes...)
		if on {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
		return func(s string) string { return c.Sprint(s) }
	}
	return palette{
		name: paint(color.FgCyan), good: paint(color.FgGreen),
		bad: paint(color.FgRed, color.Bold), dim: paint(color.Faint),
	}
}

// isTerminal tells whether a stream is one.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// say tells the person at the prompt what was done; a script does not see it in
// stdout, and -q turns it off.
func (e *Env) say(format string, args ...any) {
	if !e.flags.quiet {
		fmt.Fprintf(e.Stderr, format+"\n", args...)
	}
}

// warn tells of something that is probably not meant.
func (e *Env) warn(text string) {
	fmt.Fprintf(e.Stderr, "wps: %s %s\n", e.err.bad("warning:"), clean(text))
}
