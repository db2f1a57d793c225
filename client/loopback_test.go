package client_test

import (
	"errors"
	"strings"
	"testing"

	"wps/client"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// elsewhere is an address of a network for documentation (RFC 5737): nothing is
// sent there, because it is refused before.
const elsewhere = "http://192.0.2.1:9"

// TestLoopbackOnly: with it, another machine is refused before a packet goes
// out, no proxy can carry requests there, and this one is reached.
func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	svc := newService(t, elsewhere, client.Options{LoopbackOnly: true})
	_, err := svc.Send(within(t), protocol.Target{Kind: protocol.TargetAll}, protocol.Send{DataType: protocol.DataTypeText})
	if !errors.Is(err, client.ErrNotLoopback) || !strings.Contains(err.Error(), "192.0.2.1:9 is not an address of this machine") {
		t.Errorf("Send = %v", err)
	}
	if client.NewTransport(client.Options{LoopbackOnly: true}).Proxy != nil || client.NewTransport(client.Options{}).Proxy == nil {
		t.Error("with LoopbackOnly there must be no proxy, without it that of the environment")
	}
	e := emulatortest.Run(t)
	svc, err = client.FromConnectionString(e.ConnectionString, "chat", client.Options{LoopbackOnly: true})
	if err == nil {
		_, err = svc.Send(within(t), protocol.Target{Kind: protocol.TargetAll}, protocol.Send{DataType: protocol.DataTypeText})
	}
	if err != nil {
		t.Errorf("Send to this machine = %v", err)
	}
	svc.CloseIdleConnections()
}
