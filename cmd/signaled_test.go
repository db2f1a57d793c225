package cmd_test

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// signaledMain writes a line to the FIFO OUT with its process id, and one with each
// signal that it receives, until it reads a line from the FIFO IN: that number is
// its exit code. It ends with 99 when the test does, which closes IN.
func signaledMain(args []string) int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	out, err := os.OpenFile(args[0], os.O_RDWR, 0)
	if err != nil {
		return 98
	}
	in, err := os.Open(args[1])
	if err != nil {
		return 98
	}
	lines := make(chan string)
	go func() { // ends with the process
		line, _ := bufio.NewReader(in).ReadString('\n')
		lines <- line
	}()
	fmt.Fprintln(out, os.Getpid())
	for {
		select {
		case s := <-signals:
			fmt.Fprintln(out, s)
		case line := <-lines:
			if code, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
				return code
			}
			return 99
		}
	}
}
