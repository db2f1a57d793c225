package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"wps/cmd"
	"wps/cmd/internal/cli"
	"wps/emulator"
	"wps/emulator/emulatortest"
)

// patience bounds every wait of the scripts.
const patience = 30 * time.Second

// secretKey is the access key of each script's emulator. No error may show it.
const secretKey = "SECRET-access-key-of-the-script-tests-0123456789"

// TestMain makes this test binary wps when a script runs it by that name, and these
// programs, which a script can run with exec and in the background:
//
//	exitcode N COMMAND [ARG]...   run it; succeed when its exit code is N
//	eventhandler URLFILE          an event handler, see handlerMain
//	signaled OUT IN               report signals, see signaledMain
func TestMain(m *testing.M) {
	testscript.Main(hangups{m}, map[string]func(){
		"wps":          func() { dropUnset(); os.Exit(wpsMain()) },
		"exitcode":     func() { os.Exit(codeMain(os.Args[1:])) },
		"sink":         func() { os.Exit(sinkMain()) },
		"eventhandler": func() { os.Exit(handlerMain(os.Args[1:])) },
		"signaled":     func() { os.Exit(signaledMain(os.Args[1:])) },
	})
}

// hangups runs the tests with SIGHUP not ignored, also below nohup: programs that a
// test starts would inherit that, and wps leaves an ignored SIGHUP ignored.
type hangups struct{ *testing.M }

// Run implements [testscript.TestingM].
func (h hangups) Run() int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP) // a signal with a handler is not ignored in a child
	go func() {                            // ends with the process
		<-signals
		os.Exit(2) // what the hang-up of a terminal does
	}()
	if signal.Ignored(syscall.SIGHUP) {
		panic("SIGHUP is still ignored")
	}
	return h.M.Run()
}

// dropUnset removes the variables whose value is (unset), because testscript can
// only set variables.
func dropUnset() {
	for _, pair := range os.Environ() {
		if name, found := strings.CutSuffix(pair, "=(unset)"); found {
			os.Unsetenv(name)
		}
	}
}

// TestScript runs every script below testdata/script, each with an emulator of
// its own. A script has these variables
//
//	$WPS_CONNECTION_STRING, $WPS_HUB   of that emulator and the hub "chat"
//	$ENDPOINT, $HOST                   its http://127.0.0.1:PORT, and without http://
//	$KEY                               its access key
//	$SAMPLES                           the folder scripts/samples
//
// A variable that a script sets to (unset) is not set for wps. A script has these
// commands in addition to those of testscript:
//
//	code N COMMAND [ARG]...     run it: its exit code must be N
//	fails N COMMAND [ARG]...    and stderr end in one error with a hint, and
//	                            neither stream show a key or a token
//	eventually COMMAND [ARG]... run it until it succeeds
//	http METHOD URL [NAME:VALUE]...
//	                            send a request, with the Host header if one is
//	                            given, and write status and headers to answer.txt
//	                            and the body to body.txt
//	readyfile FILE NAME         wait for a --ready-file and store its text in $NAME
//	authority [tokens N]        an authority of Entra ID, see authority_test.go
//	proxy {http | https} TARGET an HTTP proxy, see proxy_test.go
//
// What the commands of scripts print with -o json must be valid by the published schemas.
func TestScript(t *testing.T) {
	t.Parallel()
	outputs := t.TempDir()
	t.Cleanup(func() { checkOutputs(t, outputs) })
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               func(env *testscript.Env) error { env.Setenv(outputsVariable, outputs); return setUp(env) },
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":       code,
			"fails":      fails,
			"eventually": eventually,
			"http":       httpRequest,
			"readyfile":  readyFile,
			"authority":  authority,
			"proxy":      testProxy,
		},
	})
}

func setUp(env *testscript.Env) error {
	t, ok := env.T().(testing.TB)
	if !ok {
		return fmt.Errorf("%T is no testing.TB", env.T())
	}
	e := emulatortest.RunWith(t, emulator.Options{Key: secretKey})
	env.Setenv("WPS_CONNECTION_STRING", e.ConnectionString.Reveal())
	env.Setenv("WPS_HUB", "chat")
	env.Setenv("ENDPOINT", e.URL)
	env.Setenv("HOST", strings.TrimPrefix(e.URL, "http://"))
	env.Setenv("KEY", secretKey)
	samples, err := filepath.Abs("../scripts/samples")
	if err != nil {
		return err
	}
	env.Setenv("SAMPLES", samples)
	env.Values[authorityKey] = &scriptAuthority{}
	env.Setenv("GORACE", "atexit_sleep_ms=0") // the default is a second for every process
	return nil
}

// code is the script command of that name.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command [arg]...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := exitCode(ts, ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// exitCode returns the exit code of a command.
func exitCode(ts *testscript.TestScript, err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		ts.Fatalf("%v", err)
	}
	return exit.ExitCode()
}

var (
	// errorForm matches an error and a hint, a line each, after any status messages
	// such as "6 done".
	errorForm = regexp.MustCompile(`(?:\A|\n)wps: [^\n]+\nhint: [^\n]+\n\z`)
	secrets   = regexp.MustCompile(`(?:\A|[^_])SECRET|eyJ[A-Za-z0-9_-]{10}`)
)

// fails is the script command of that name.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	code(ts, neg, args)
	stderr := ts.ReadFile("stderr")
	if !errorForm.MatchString(stderr) || strings.Count("\n"+stderr, "\nwps: ") != 1 {
		ts.Fatalf("stderr is not one line of error and one of hint")
	}
	if secrets.MatchString(stderr + ts.ReadFile("stdout")) {
		ts.Fatalf("a key or a token was printed")
	}
}

// eventually is the script command of that name.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: eventually command [arg]...")
	}
	poll(ts, strings.Join(args, " "), func() bool { return ts.Exec(args[0], args[1:]...) == nil })
}

// httpRequest is the script command "http".
func httpRequest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: http method url [name:value]...")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, args[0], args[1], nil)
	ts.Check(err)
	for _, header := range args[2:] {
		name, value, _ := strings.Cut(header, ":")
		r.Header.Set(name, value)
	}
	r.Host = r.Header.Get("Host") // "": that of the URL
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer resp.Body.Close()
	var answer bytes.Buffer
	fmt.Fprintln(&answer, resp.Status)
	ts.Check(resp.Header.Write(&answer))
	ts.Check(os.WriteFile(ts.MkAbs("answer.txt"), bytes.ReplaceAll(answer.Bytes(), []byte("\r\n"), []byte("\n")), 0o600))
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("body.txt"), body, 0o600))
}

// readyFile is the script command "readyfile".
func readyFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: readyfile file variable")
	}
	poll(ts, args[0], func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		ts.Setenv(args[1], strings.TrimSpace(string(text)))
		return err == nil && len(text) > 0 // the file may exist before its text is written
	})
}

// poll calls done until it reports true: another process sends no notification.
func poll(ts *testscript.TestScript, what string, done func() bool) {
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for deadline := time.Now().Add(patience); !done(); <-pace.C {
		if time.Now().After(deadline) {
			ts.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// codeMain is the program "exitcode". It passes interrupts on to the command.
func codeMain(args []string) int {
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: exitcode N command [arg]...")
		return 2
	}
	child := exec.Command(args[1], args[2:]...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	if err := child.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = child.Wait() // the exit code is checked below
	}()
	for {
		select {
		case s := <-interrupts:
			_ = child.Process.Signal(s) // it may have ended by itself
		case <-ended:
			if got := strconv.Itoa(child.ProcessState.ExitCode()); got != args[0] {
				fmt.Fprintf(os.Stderr, "exit code %s, want %s\n", got, args[0])
				return 1
			}
			return 0
		}
	}
}

// lookup returns an environment that consists of env.
func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

// run runs wps in this process with the environment env.
func run(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	e := cli.NewEnv(io.MultiReader(), &out, &errs, lookup(env))
	code = cmd.Run(t.Context(), args, e)
	return code, out.String(), errs.String()
}
