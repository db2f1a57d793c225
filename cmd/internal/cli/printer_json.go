package cli

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/itchyny/gojq"
)

// JSON reports whether results are printed as JSON.
func (p *Printer) JSON() bool { return p.Format == "json" }

func (p *Printer) compileFilter() error {
	if p.jq == "" {
		return nil
	}
	query, err := gojq.Parse(p.jq)
	if err == nil {
		p.filter, err = gojq.Compile(query)
	}
	if err != nil {
		return Usagef("--jq %q: %v", p.jq, err)
	}
	p.Format = "json"
	return nil
}

// PrintJSON prints v as one line of JSON, or each result of --jq, in one write
// each. A result that is a string is printed without quotes, as jq -r does.
func (p *Printer) PrintJSON(v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %v", err)
	}
	if p.filter == nil {
		return p.writeJSON(line.Bytes())
	}
	var plain any
	if err := json.Unmarshal(line.Bytes(), &plain); err != nil {
		return fmt.Errorf("read JSON: %v", err)
	}
	for results := p.filter.Run(plain); ; {
		result, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := result.(error); failed {
			return p.filterError(err)
		}
		if err := p.printResult(result); err != nil {
			return err
		}
	}
}

func (p *Printer) printResult(result any) error {
	if s, ok := result.(string); ok {
		return p.Write([]byte(p.PrintableLines(s, "  ") + "\n"))
	}
	line, err := json.Marshal(result)
	if err != nil {
		return p.filterError(err)
	}
	return p.writeJSON(append(line, '\n'))
}

// writeJSON writes a line of JSON: unchanged in a pipe, with control characters
// escaped on a terminal.
func (p *Printer) writeJSON(line []byte) error {
	if p.StdoutIsTerminal() {
		line = CleanJSON(line)
	}
	return p.Write(line)
}

// filterError returns the error of a result that --jq cannot be applied to.
func (p *Printer) filterError(err error) error {
	return WithHint(fmt.Errorf("--jq %q: %v", p.jq, err), "the command itself succeeded, only its result could not be printed; use -o json to see it")
}
