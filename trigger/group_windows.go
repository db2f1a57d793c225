package trigger

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// shell returns the command that runs a line: sh where it exists, as with Git,
// otherwise cmd.
func shell(line string) []string {
	if path, err := exec.LookPath("sh"); err == nil {
		return []string{path, "-c", line}
	}
	return []string{"cmd", "/C", line}
}

// group is a process with all that it starts: a job object. It may be killed
// concurrently.
type group struct {
	job windows.Handle
	cmd *exec.Cmd

	mu    sync.Mutex
	ended bool // the handle is closed
}

// asCmdReads sets a command line that cmd reads unchanged: Go would write \" for
// each quotation mark of the line, which cmd does not understand.
func asCmdReads(cmd *exec.Cmd) {
	if len(cmd.Args) == 3 && cmd.Args[1] == "/C" {
		cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /S /C "` + cmd.Args[2] + `"`}
	}
}

// startGroup starts a command and puts it into a new job, which ends with its
// handle.
func startGroup(cmd *exec.Cmd) (*group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, err
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		asCmdReads(cmd)
		err = cmd.Start()
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return nil, err
	}
	g := &group{job: job, cmd: cmd}
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid))
	if err == nil {
		// Without a job, kill still ends the process itself.
		_ = windows.AssignProcessToJobObject(job, process)
		_ = windows.CloseHandle(process)
	}
	return g, nil
}

// kill ends every process of the group; after wait it does nothing.
func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return
	}
	_ = windows.TerminateJobObject(g.job, 1)
	_ = g.cmd.Process.Kill()
}

// wait waits until the command has ended, and ends what it left running.
func (g *group) wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	_ = windows.CloseHandle(g.job)
	return err
}

// signalOf has no meaning on Windows.
func signalOf(*os.ProcessState) string { return "" }

func environTooLarge(error) bool { return false }
