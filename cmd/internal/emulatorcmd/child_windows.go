package emulatorcmd

import "os"

// interrupt leaves a process alone: Windows has no signal that asks. Ctrl-C of the
// console has reached it too; else it is killed when its grace is over.
func interrupt(*os.Process) error { return nil }

// signalOf has no meaning on Windows.
func signalOf(*os.ProcessState) int { return 1 }
