package emulator_test

import (
	"testing"
	"time"

	"wps/protocol"
	"wps/token"
)

// clockSteps are what an administrator or a time server does to a clock.
var clockSteps = map[string]time.Duration{"forward": time.Hour, "back": -time.Hour}

// eachClockStep runs a test for each step, with an emulator of its own.
func eachClockStep(t *testing.T, test func(t *testing.T, b *bench, step time.Duration)) {
	t.Parallel()
	for name, step := range clockSteps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, runBench(t), step)
		})
	}
}

// TestClockStepTimeToLive proves that a step of the clock neither drops a message
// that waits nor keeps one whose time is over, and that no recovery window ends.
func TestClockStepTimeToLive(t *testing.T) {
	eachClockStep(t, func(t *testing.T, b *bench, step time.Duration) {
		c := dialReliable(t, b.Emulator, clientOptions{groups: []string{"g"}})
		b.cut(c)
		want(t, b.Emulator, 202, post("chat/groups/g/:send?messageTtlSeconds=5", text, "short"))
		want(t, b.Emulator, 202, post("chat/groups/g/:send?messageTtlSeconds=20", text, "long"))
		b.clock.Step(step)
		b.clock.Advance(5*time.Second - 1)
		c = c.recover(b.Emulator)
		c.expectText(numbered(1, "short"))
		c.expectText(numbered(2, "long"))
		b.cut(c)
		b.clock.Advance(1)
		c = c.recover(b.Emulator)
		c.expectText(numbered(2, "long"))
		c.silent()
		b.cut(c)
		b.clock.Step(-step)
		b.clock.Advance(30 * time.Second) // the window is over whatever the clock shows
		refused(t, b.Emulator, recoveryURL(b.Emulator, "chat", c.id, c.token), protocol.SubprotocolJSONReliable)
	})
}

// TestClockStepStream proves that only time that passes ends an idle stream.
func TestClockStepStream(t *testing.T) {
	eachClockStep(t, func(t *testing.T, b *bench, step time.Duration) {
		c, _ := dialJSON(t, b.Emulator, clientOptions{roles: []string{"webpubsub.sendToGroup"}})
		c.send(`{"type":"sendToGroup","group":"g","stream":{"streamId":"s","idleTimeoutMs":1000}}`)
		c.expectText(streamAcked("s", 1))
		b.clock.Step(step)
		b.clock.Advance(time.Second - 1)
		c.silent()
		b.clock.Advance(1)
		c.expectText(`{"type":"streamClosed","streamId":"s","error":{"name":"IdleTimeout","message":"The stream was idle for too long."}}`)
	})
}

// TestClockStepTokens proves that tokens follow the clock, as those of the service
// do, and that a client stays connected when its token has expired.
func TestClockStepTokens(t *testing.T) {
	eachClockStep(t, func(t *testing.T, b *bench, step time.Duration) {
		c, _ := dialJSON(t, b.Emulator, clientOptions{})
		before := token.ClientOptions{Hub: "chat", Lifetime: 30 * time.Minute, Now: b.clock.Now()}
		b.clock.Step(step)
		b.clock.Advance(time.Second)
		after := before
		after.Now = b.clock.Now()
		for _, o := range []token.ClientOptions{before, after} {
			n, err := token.Negotiate(b.ConnectionString, o)
			if err != nil {
				t.Fatal(err)
			}
			_, resp, err := dialURL(t, n.URL)
			if wantErr := step > 0 && o.Now.Equal(before.Now); (err != nil) != wantErr || resp == nil {
				t.Errorf("a token of %v at %v: %v (%+v), want an error: %v", o.Now, b.clock.Now(), err, resp, wantErr)
			}
		}
		c.silent()
	})
}

// TestClockStepUptime proves that the uptime counts what has passed.
func TestClockStepUptime(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	b.clock.Advance(time.Minute)
	b.clock.Step(4 * time.Minute) // within the tolerance of tokens
	s, err := remote(t, b.ConnectionString).Status(waiting(t))
	if err != nil || s.UptimeSeconds != 60 {
		t.Errorf("status = %+v, %v, want 60 s", s, err)
	}
}
