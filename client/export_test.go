package client

import "net/http"

// NewError reads a refusal, for fuzzing without a network.
func NewError(status int, header http.Header, body []byte) *Error {
	return newError(&http.Response{StatusCode: status, Header: header}, body, "")
}

// NewTransport is the default transport.
var NewTransport = newTransport
