//go:build unix

package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// typedPages are the pages whose blocks TestPages types, with the programs of others
// that they need.
var typedPages = map[string][]string{
	"README.md":        nil,
	"docs/tutorial.md": {"curl"},
	"docs/commands.md": nil,
	"docs/hooks.md":    {"jq", "python3", "curl"},
	"docs/apply.md":    {"seq", "sed"},
	"docs/scale.md":    nil,
}

// TestPages types what the pages print: every console block runs in a shell of its own,
// in order, and must print what the page shows. Addresses are those of the test, and
// ids, times and tokens may be others. After the language of a block may be
//
//	file=NAME    the block is the text of this file
//	until=TEXT   the last command goes on in the background once it has printed TEXT;
//	             what follows on the page it prints later
//
// A console block without a command is what the last command in the background prints
// next.
func TestPages(t *testing.T) {
	t.Parallel()
	for page, programs := range typedPages {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			for _, program := range programs {
				requireProgram(t, program)
			}
			newTypist(t).page("../" + page)
		})
	}
}

// TestConsoleBlocks checks that every page with console blocks is typed by TestPages,
// or needs what a test does not have.
func TestConsoleBlocks(t *testing.T) {
	t.Parallel()
	needs := map[string]string{
		"docs/inspector.md": "a recording; replay_handler.txtar makes and replays one",
		"docs/bench.md":     "the numbers of a measurement",
		"docs/tunnel.md":    "a service in the cloud; listen_tunnel.txtar does the same with the emulator",
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../README.md") {
		name := strings.TrimPrefix(page, "../")
		if _, typed := typedPages[name]; typed || needs[name] != "" {
			continue
		}
		for _, b := range blocksOf(t, page) {
			if b.language == "console" {
				t.Errorf("%s:%d: no test types this block", name, b.line)
			}
		}
	}
}

// typist types a page.
type typist struct {
	*testing.T
	dir     string
	exports []string // export commands of earlier blocks
	service string   // connection string of the last emulator
	free    []string // pairs of an address on the page and that of this test
	running []*shellBlock
}

func newTypist(t *testing.T) *typist {
	t.Helper()
	y := &typist{T: t, dir: t.TempDir()}
	t.Cleanup(func() {
		for _, r := range slices.Backward(y.running) {
			r.stop()
		}
	})
	return y
}

// shellBlock is a shell of a block that runs.
type shellBlock struct {
	*testing.T
	where   string
	shell   *exec.Cmd
	out     lockedBuffer
	ended   chan struct{}
	seen    int      // bytes of out that were compared
	pending []string // lines of the page that are not compared yet
	emu     bool
}

// page types the blocks of a page, in order.
func (y *typist) page(name string) {
	y.Helper()
	commands := 0
	for _, b := range blocksOf(y.T, name) {
		switch {
		case b.file != "":
			file := filepath.Join(y.dir, b.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				y.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(strings.Join(b.lines, "\n")+"\n"), 0o700); err != nil {
				y.Fatal(err)
			}
		case b.language == "console":
			commands += len(b.steps())
			y.console(fmt.Sprintf("%s:%d", name, b.line), b)
		}
	}
	for _, r := range y.running {
		r.settle()
	}
	if commands == 0 {
		y.Errorf("%s has no command", name)
	}
}

// console types a console block.
func (y *typist) console(where string, b block) {
	y.Helper()
	steps := b.steps()
	if len(steps) == 0 {
		if len(y.running) == 0 {
			y.Fatalf("%s: nothing runs that could print it", where)
		}
		r := y.running[len(y.running)-1]
		r.settle()
		r.shows(b.lines)
		return
	}
	last := steps[len(steps)-1]
	isEmulator := strings.HasPrefix(last.command, "wps emulator") && !strings.Contains(last.command, " -- ")
	if isEmulator && b.until != "" {
		y.stopEmulator()
	}
	r := y.start(where, steps)
	r.emu = isEmulator
	y.running = append(y.running, r)
	var output []string
	for _, s := range steps {
		output = append(output, s.output...)
		if strings.HasPrefix(s.command, "export ") {
			y.exports = append(y.exports, s.command)
		}
	}
	if b.until == "" {
		y.running = y.running[:len(y.running)-1]
		r.finish(output)
		return
	}
	r.wait(func() bool { return strings.Contains(r.out.String(), b.until) }, b.until)
	y.learn()
	r.pending = output
}

// stopEmulator stops the emulator that runs, as a reader does before the next.
func (y *typist) stopEmulator() {
	for _, r := range y.running {
		if r.emu {
			r.settle()
			r.stop()
		}
	}
}

// learn reads the addresses of servers that are ready.
func (y *typist) learn() {
	read := func(file string) string {
		text, err := os.ReadFile(filepath.Join(y.dir, file))
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(text))
	}
	y.service = read("emulator.ready")
	y.free = []string{"--serve :7071", "--serve localhost:0 --ready-file negotiate.ready"}
	if handler := read("listen.ready"); handler != "" {
		y.free = append(y.free, "http://localhost:9000", strings.TrimSuffix(handler, "/"))
	}
	if negotiate := read("negotiate.ready"); negotiate != "" {
		y.free = append(y.free, "http://localhost:7071/api/negotiate", negotiate)
	}
}

// pageShell precedes the commands of a block: wps listens on free ports.
const pageShell = `
wps() {
	case "$1" in
	emulator)
		case " $* " in
		*" -- "* | *" status "* | *" connections "* | *" groups "* | *" events "*) ;;
		*) shift; set -- emulator --addr localhost:0 --ready-file emulator.ready "$@" ;;
		esac ;;
	listen) shift; set -- listen --addr localhost:0 --ready-file listen.ready "$@" ;;
	esac
	command wps "$@"
}
`

// start starts the commands of a block in a shell.
func (y *typist) start(where string, steps []step) *shellBlock {
	y.Helper()
	script := pageShell + strings.Join(y.exports, "\n") + "\n"
	for _, s := range steps {
		script += s.command + "\n"
	}
	script = strings.NewReplacer(y.free...).Replace(script)
	r := &shellBlock{T: y.T, where: where, shell: exec.Command("sh", "-c", script), ended: make(chan struct{})}
	r.shell.Dir = y.dir
	r.shell.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + y.dir, "GORACE=atexit_sleep_ms=0"}
	if y.service != "" {
		r.shell.Env = append(r.shell.Env, "WPS_CONNECTION_STRING="+y.service)
	}
	r.shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.shell.Stdout, r.shell.Stderr = &r.out, &r.out
	r.shell.WaitDelay = patience
	if err := r.shell.Start(); err != nil {
		y.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		_ = r.shell.Wait() // pages print exit codes themselves
	}()
	return r
}

// wait waits until a condition is true.
func (r *shellBlock) wait(done func() bool, what string) {
	r.Helper()
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for deadline := time.Now().Add(patience); !done(); <-pace.C {
		if time.Now().After(deadline) {
			r.stop()
			r.Fatalf("%s: %q was not printed; printed was\n%s", r.where, what, &r.out)
		}
	}
}

// stop interrupts what runs, and waits for its end.
func (r *shellBlock) stop() {
	_ = syscall.Kill(-r.shell.Process.Pid, syscall.SIGINT)
	select {
	case <-r.ended:
	case <-time.After(patience):
		_ = syscall.Kill(-r.shell.Process.Pid, syscall.SIGKILL)
		<-r.ended
	}
}

// finish waits for the end of a block, which must have printed this.
func (r *shellBlock) finish(lines []string) {
	r.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.stop()
		r.Fatalf("%s: it did not end; printed was\n%s", r.where, &r.out)
	}
	if !regexp.MustCompile(`^` + asPrinted(lines) + `$`).MatchString(r.out.String()) {
		r.Errorf("%s: printed was\n%s\nwant\n%s", r.where, &r.out, strings.Join(lines, "\n"))
	}
}

// settle compares what is pending.
func (r *shellBlock) settle() {
	r.Helper()
	lines := r.pending
	r.pending = nil
	r.shows(lines)
}

// shows waits until what runs has printed these lines after those of earlier.
func (r *shellBlock) shows(lines []string) {
	r.Helper()
	form := regexp.MustCompile(`^` + asPrinted(lines))
	r.wait(func() bool {
		m := form.FindStringIndex(r.out.String()[r.seen:])
		if m != nil {
			r.seen += m[1]
		}
		return m != nil
	}, strings.Join(lines, "\n"))
}
