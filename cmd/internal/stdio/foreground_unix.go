//go:build unix

package stdio

import (
	"os"

	"golang.org/x/sys/unix"
)

// Foreground reports whether this process belongs to a terminal, and whether its
// process group is the one to which that terminal sends Ctrl-C and Ctrl-\.
func Foreground() (terminal, foreground bool) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return false, false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return true, err == nil && group == unix.Getpgrp()
}
