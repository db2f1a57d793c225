// Package proctree ends processes together with those that they started, also with
// those that left their process group or their parent.
//
// It hides how the system finds such processes. Starting a process with its streams
// is left to os/exec, process groups and time limits to the callers.
//
//	proctree.Adopt()                       // once, by a program that owns its children
//	tree, err := proctree.Start(cmd)       // instead of cmd.Start
//	tree.Leave(); err = cmd.Wait()         // after the command itself has ended
package proctree

import (
	"os"
	"os/exec"
)

// Variable is the environment variable that marks the processes of a [Tree], once
// Adopt was called.
const Variable = "WPS_HOOK_ID"

// spared marks the processes that KillOrphans leaves alone.
const spared = Variable + "=-"

// Spare marks a command, before it is started, whose processes live on as they
// please, such as a browser.
func Spare(cmd *exec.Cmd) {
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], spared)
}

// Tree is a command with all processes that it starts. Its methods may be called
// concurrently.
type Tree struct {
	pid  int
	mark string // Variable=value; "" if processes are not marked
}

// Start starts a command. The caller waits for it, and then calls [Tree.Done].
func Start(cmd *exec.Cmd) (*Tree, error) { return start(cmd, true) }

// StartUnmarked is Start for a command whose processes are not to be found by
// their environment, because it may start what outlives it on purpose.
func StartUnmarked(cmd *exec.Cmd) (*Tree, error) { return start(cmd, false) }
