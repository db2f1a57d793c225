package cli

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/itchyny/gojq"
)

// Filter is a jq expression, compiled.
type Filter struct {
	flag string // name with its dashes, for errors
	text string
	code *gojq.Code
}

// NewFilter compiles the expression of a flag. Its error is a usage error.
func NewFilter(flag, text string) (*Filter, error) {
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, Usagef("%s %q: %s", flag, text, filterFault(err))
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, Usagef("%s %q: %v", flag, text, err)
	}
	return &Filter{flag, text, code}, nil
}

// filterFault words the error of an expression that cannot be parsed.
func filterFault(err error) string {
	if strings.Contains(err.Error(), "unexpected EOF") {
		return "it ends too early"
	}
	return err.Error()
}

// results returns what the expression makes of a JSON text. After an error there
// are no more.
func (f *Filter) results(line []byte) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		var plain any
		if err := json.Unmarshal(line, &plain); err != nil {
			yield(nil, fmt.Errorf("read JSON: %v", err))
			return
		}
		for all := f.code.Run(plain); ; {
			result, more := all.Next()
			if !more {
				return
			}
			if err, failed := result.(error); failed {
				yield(nil, fmt.Errorf("%s %q: %v", f.flag, f.text, err))
				return
			}
			if !yield(result, nil) {
				return
			}
		}
	}
}

// Match reports whether a result of the expression for v is neither false nor
// null. A value that the expression cannot be applied to does not match, so that
// .data.x skips messages of text.
func (f *Filter) Match(v any) (bool, error) {
	line, err := encode(v)
	if err != nil {
		return false, err
	}
	for result, err := range f.results(line) {
		if err != nil {
			return false, nil //nolint:nilerr // it does not match
		}
		if result != nil && result != false {
			return true, nil
		}
	}
	return false, nil
}
