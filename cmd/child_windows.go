package cmd

import "os"

// interrupt ends a process: Windows has no signal that asks.
func interrupt(p *os.Process) error { return p.Kill() }

// signalOf has no meaning on Windows.
func signalOf(*os.ProcessState) int { return 1 }
