package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"wps/protocol"
	"wps/token"
)

// emulator is a running "wps emulator".
type emulator struct {
	cmd  *exec.Cmd
	cs   token.ConnectionString
	http *http.Client
}

// startEmulator starts one on a free port. It ends with ctx at the latest.
func startEmulator(ctx context.Context, wps string) (*emulator, error) {
	cmd := exec.CommandContext(ctx, wps, "emulator", "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(err, cmd.Wait())
	}
	e := &emulator{cmd: cmd, http: &http.Client{Timeout: loadLimit, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	e.cs, err = token.ParseConnectionString(strings.TrimSpace(line))
	return e, err
}

func (e *emulator) stop() {
	_ = e.cmd.Process.Signal(os.Interrupt)
	_ = e.cmd.Wait() // it was told to end
}

// peakMemory returns the largest resident memory that the process had, in MiB.
func (e *emulator) peakMemory() (int, error) { return peakMemory(e.cmd.Process.Pid) }

func peakMemory(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(after)
	if !found || len(fields) == 0 {
		return 0, errors.New("the system does not say how much memory a process has used")
	}
	kilobytes, err := strconv.Atoi(fields[0])
	return kilobytes / 1024, err
}

// request sends a REST request and returns its status.
func (e *emulator) request(ctx context.Context, method, path, contentType string, body io.Reader) (int, error) {
	address := e.cs.Endpoint.String() + "/api/hubs/chat" + path
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return 0, err
	}
	q := r.URL.Query()
	q.Set("api-version", protocol.APIVersion)
	r.URL.RawQuery = q.Encode()
	signed, err := e.cs.Key.SignREST(r.URL.String(), time.Now(), time.Hour)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+signed)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	resp, err := e.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// dial opens a TCP connection.
func (e *emulator) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", e.cs.Endpoint.Host)
}
