package emulatortest_test

import (
	"fmt"
	"log"
	"net/http"
	"testing"

	"wps/emulator/emulatortest"
)

// exampleTB stands for the *testing.T that a test has and an example has not.
type exampleTB struct {
	testing.TB
	cleanup func()
}

func (*exampleTB) Helper()                        {}
func (t *exampleTB) Cleanup(f func())             { t.cleanup = f }
func (*exampleTB) Fatalf(format string, a ...any) { log.Fatalf(format, a...) }

// A test starts an emulator in one line; it is stopped when the test ends. The
// connection string is what SDKs and wps take.
func ExampleRun() {
	t := &exampleTB{} // in a test, its parameter
	defer func() { t.cleanup() }()

	e := emulatortest.Run(t)
	response, err := http.Get(e.ConnectionString.Endpoint.JoinPath("/api/health").String())
	if err != nil {
		log.Fatal(err)
	}
	response.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	fmt.Println(response.Status)
	// Output: 200 OK
}
