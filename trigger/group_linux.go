package trigger

import "golang.org/x/sys/unix"

// awaitExit waits until child process pid has ended and leaves it a zombie, so
// that its number is not given to another process. It reports whether it could.
func awaitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err == nil
		}
	}
}
