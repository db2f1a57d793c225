// Measure times processes for scripts/bench and prints the median in milliseconds,
// or messages a second.
//
//	measure receive N COMMAND [ARG]... how many of N messages a second a client reads
//	                                   from the server whose URL is in place of {url}
//	measure cold N COMMAND [ARG]...    from exec to the end, which must be a success
//	measure ready N COMMAND [ARG]...   from exec until the connection string that it
//	                                   prints first answers HEAD /api/health
package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// patience bounds one process.
const patience = 30 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 2 && args[0] == "receive" {
		return rate(args[1:])
	}
	ways := map[string]func([]string) (time.Duration, error){"cold": cold, "ready": ready}
	if len(args) < 3 || ways[args[0]] == nil {
		return errors.New("usage: measure {cold | ready | receive} N COMMAND [ARG]")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 {
		return fmt.Errorf("%q is no number of runs", args[1])
	}
	times := make([]time.Duration, n)
	for i := range times {
		if times[i], err = ways[args[0]](args[2:]); err != nil {
			return fmt.Errorf("%s: %w", args[2], err)
		}
	}
	slices.Sort(times)
	_, err = fmt.Printf("%.2f\n", float64(times[n/2].Microseconds())/1000)
	return err
}

// cold runs a command to its end.
func cold(command []string) (time.Duration, error) {
	c := exec.Command(command[0], command[1:]...)
	c.Stderr = os.Stderr
	start := time.Now()
	out, err := c.Output()
	took := time.Since(start)
	if err == nil && len(out) == 0 {
		err = errors.New("it printed nothing")
	}
	return took, err
}

// ready runs a server until it is healthy.
func ready(command []string) (time.Duration, error) {
	c := exec.Command(command[0], command[1:]...)
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := c.Start(); err != nil {
		return 0, err
	}
	late := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	defer late.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		err = healthy(line)
	}
	took := time.Since(start)
	return took, errors.Join(err, c.Process.Signal(os.Interrupt), c.Wait())
}

func healthy(connectionString string) error {
	endpoint, _, _ := strings.Cut(strings.TrimPrefix(connectionString, "Endpoint="), ";")
	c := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Head(endpoint + "/api/health")
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("health: %s", resp.Status)
	}
	return nil
}
