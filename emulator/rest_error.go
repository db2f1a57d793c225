package emulator

import (
	"encoding/json"
	"net/http"
	"strconv"

	"wps/protocol"
)

// Codes of answers that only an emulator gives.
const (
	codeNotFound         = "Error.NotFound"
	codeMethodNotAllowed = "Error.MethodNotAllowed"
)

// invalidGroup is the message for a group name that is not valid.
//
// Source: recorded answer of the real service, 2021.
const invalidGroup = "Invalid group name. Valid group name should be in between 1 and 1024 characters long."

// fail answers with the error body of the service. A HEAD request gets the
// headers that would go with it.
func fail(w http.ResponseWriter, status int, code, target, message string) {
	body, err := json.Marshal(protocol.ErrorBody{Code: code, Message: message, Target: target})
	if err != nil {
		body = nil // strings always marshal
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set(protocol.HeaderErrorCode, code)
	w.WriteHeader(status)
	w.Write(body)
}

func badRequest(w http.ResponseWriter, target, message string) {
	fail(w, http.StatusBadRequest, protocol.CodeBadRequest, target, message)
}

// notYet answers for a part of the service that this emulator has not got.
func notYet(w http.ResponseWriter, what string) {
	fail(w, http.StatusNotImplemented, protocol.CodeNotImplemented, "Request", "The emulator does not have this yet: "+what+".")
}
