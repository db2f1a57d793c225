package cli

import (
	"errors"
	"slices"
	"strings"
)

// Codes of failures that have no code of the service, for the JSON of an error.
const (
	CodeUsage        = "usage"        // wrong usage
	CodeUnauthorized = "unauthorized" // 401 or 403
	CodeRefused      = "refused"      // another refusal of the service
	CodeNotService   = "notService"   // another server answered
	CodeUnreachable  = "unreachable"  // there was no answer
	CodeTimeout      = "timeout"      // --timeout passed
	CodeClosed       = "closed"       // the connection was closed
	CodeInterrupted  = "interrupted"
	CodeFailed       = "failed" // anything else
)

// Failure is what a script can know about an error besides its text.
type Failure struct {
	HTTPStatus int    // of the last answer; 0: there was none
	Code       string // that of the service, or one of the constants
}

// failedError is an error with its failure.
type failedError struct {
	error
	failure Failure
}

func (e *failedError) Unwrap() error { return e.error }

// WithFailure adds what a script can know to an error.
func WithFailure(err error, f Failure) error { return &failedError{err, f} }

// failureOf returns the failure of an error.
func failureOf(err error) Failure {
	if e, ok := errors.AsType[*failedError](err); ok {
		return e.failure
	}
	if codeOf(err) == exitUsage {
		return Failure{Code: CodeUsage}
	}
	return Failure{Code: CodeFailed}
}

// failureLine is the JSON of an error: the last line of a command that failed.
type failureLine struct {
	OK         bool   `json:"ok"`
	Error      string `json:"error"`
	Hint       string `json:"hint,omitempty"`
	HTTPStatus int    `json:"httpStatus,omitempty"`
	Code       string `json:"code"`
}

// printFailure prints an error as JSON on stdout. --jq is applied to it, too; what
// it makes of an error without meaning to, null or an error of its own, is left
// out. Nothing is printed after a write to stdout has failed.
func (p *Printer) printFailure(err error) {
	if p.broken.Load() {
		return
	}
	f := failureOf(err)
	line := failureLine{Error: plainLine(err.Error()), Hint: plainLine(Hint(err)), HTTPStatus: f.HTTPStatus, Code: f.Code}
	text, encodeErr := encode(line)
	switch {
	case encodeErr != nil:
	case p.filter == nil:
		_ = p.writeJSON(text)
	default:
		for one, filterErr := range p.filter.results(text) {
			if filterErr == nil && one != nil {
				_ = p.printResult(one)
			}
		}
	}
}

// plainLine returns a text as one line, as it is.
func plainLine(s string) string {
	return strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\n", "; ")
}

// asksJSON reports whether the arguments ask for JSON. It is for a command line
// that could not be parsed, so that its flags are not known.
func asksJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		switch {
		case name == "--jq":
			return true
		case name == "-o" || name == "--output":
			if !joined && i+1 < len(args) {
				value = args[i+1]
			}
			return value == "json"
		case arg == "-ojson":
			return true
		}
	}
	return false
}
