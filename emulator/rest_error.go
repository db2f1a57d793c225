package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"wps/protocol"
)

// Codes of answers that only an emulator has.
const (
	codeNotFound         = "Error.NotFound"
	codeMethodNotAllowed = "Error.MethodNotAllowed"
	codeForbidden        = "Error.Forbidden"
	codeTooMany          = "Error.TooMany"
	codeControlNotFound  = "Error.Control.NotFound"
)

// invalidGroup is the message for a group name that is not valid.
//
// Source: recorded answer of the real service, 2021.
const invalidGroup = "Invalid group name. Valid group name should be in between 1 and 1024 characters long."

// invalidBody is the message for a body that should be JSON.
//
// Source: the vendor's emulator.
const invalidBody = "The request body is not a valid JSON."

// writeError answers with the error body of the service. A HEAD request gets the
// headers that would go with it.
func writeError(w *responseWriter, status int, code, target, message string) {
	w.setReason(message)
	w.Header().Set(protocol.HeaderErrorCode, code)
	writeJSON(w, status, "application/json", protocol.ErrorBody{Code: code, Message: message, Target: target})
}

// writeInvalid refuses one input of a request, a query parameter or a member of the
// body. This answer has its own form, and no api-supported-versions.
//
// Source: recorded answers of the real service to bad filters.
func writeInvalid(w *responseWriter, input, message string) {
	w.setReason(message)
	w.Header().Del(protocol.HeaderSupportedVersions)
	w.Header().Set(protocol.HeaderErrorCode, protocol.CodeBadRequest)
	writeJSON(w, http.StatusBadRequest, "application/problem+json", protocol.ValidationBody{
		Code: protocol.CodeBadRequest, Message: message, Target: input,
		Errors: map[string][]string{input: {message}},
		Title:  "One or more validation errors occurred.", Status: http.StatusBadRequest,
	})
}

// writeJSON answers with v as the service writes JSON: nothing escaped that need
// not be.
func writeJSON(w *responseWriter, status int, mediaType string, v any) {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if e.Encode(v) == nil { // our own types always encode
		body.Truncate(body.Len() - 1)
	}
	w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

func writeBadRequest(w *responseWriter, target, message string) {
	writeError(w, http.StatusBadRequest, protocol.CodeBadRequest, target, message)
}

// writeNotImplemented answers for a part of the service that the emulator lacks.
func writeNotImplemented(w *responseWriter, what string) {
	writeError(w, http.StatusNotImplemented, protocol.CodeNotImplemented, "Request", "The emulator does not have this yet: "+what+".")
}

// refuseMissing is writeNotImplemented for a client that does not show the answer
// and may retry for ever: the first request is also logged, as a warning.
func (s *Server) refuseMissing(w *responseWriter, r *http.Request, what string) {
	if _, again := s.warned.LoadOrStore(what, true); !again {
		path := r.URL.EscapedPath()
		s.log.Warn("the emulator does not have this yet", "what", what, "method", r.Method, "path", path[:min(len(path), maxReason)])
	}
	writeNotImplemented(w, what)
}
