package cli

import (
	"log"
	"strings"

	"wps/cmd/internal/stdio"
)

// CaptureStandardLog sends what libraries print with package log, such as package
// http about a server that sends more than its answer, to the log of env. It is for
// the program: package log is global.
func CaptureStandardLog(env *Env) {
	log.SetFlags(0)
	log.SetOutput(StandardLog{env})
}

// StandardLog writes each message to the log of an Env, whose log may change
// until the first message.
type StandardLog struct{ Env *Env }

// Write logs one message.
func (l StandardLog) Write(message []byte) (int, error) {
	l.Env.Log.Info("a library reports", "message", stdio.Clean(strings.TrimSpace(string(message))))
	return len(message), nil
}
