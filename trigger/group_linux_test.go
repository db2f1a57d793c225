package trigger

import (
	"os/exec"
	"syscall"
	"testing"
)

// TestGroupIsKilledBeforeItsLeaderIsReaped: once the leader is reaped, the number
// of the group may belong to unrelated processes, which must not be killed.
func TestGroupIsKilledBeforeItsLeaderIsReaped(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("true")
	g, err := startGroup(cmd)
	if err != nil {
		t.Fatal(err)
	}
	kills := 0
	g.signal = func(pid int, s syscall.Signal) error {
		kills++
		if pid != -cmd.Process.Pid {
			t.Errorf("signal to %d, want %d", pid, -cmd.Process.Pid)
		}
		if err := syscall.Kill(cmd.Process.Pid, 0); err != nil {
			t.Errorf("the leader is %v when its group is killed, want it not yet reaped", err)
		}
		return syscall.Kill(pid, s)
	}
	if err := g.wait(cmd); err != nil || kills != 1 {
		t.Fatalf("wait = %v with %d kills, want nil with 1", err, kills)
	}
	if g.kill(); kills != 1 {
		t.Errorf("kill after wait sent %d signals, want none", kills-1)
	}
}
