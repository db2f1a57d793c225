package emulatorcmd

import "os"

// interrupt does nothing, because Windows has no signal to ask with. A Ctrl-C of the
// console reaches the process; otherwise it is killed after its grace.
func interrupt(*os.Process) error { return nil }

// signalOf returns 1: Windows has no signals.
func signalOf(*os.ProcessState) int { return 1 }
