package cli

import (
	"bytes"
	"encoding/json"
	"fmt"

	"wps/cmd/internal/stdio"
)

// JSON reports whether results are printed as JSON.
func (p *Printer) JSON() bool { return p.Format == "json" }

func (p *Printer) compileFilter() error {
	if p.jq == "" {
		return nil
	}
	var err error
	if p.filter, err = NewFilter("--jq", p.jq); err != nil {
		return err
	}
	p.Format = "json"
	return nil
}

// PrintJSON prints v as one line of JSON, or each result of --jq, in one write
// each. A result that is a string is printed without quotes, as jq -r does.
func (p *Printer) PrintJSON(v any) error {
	_, err := p.PrintFiltered(v)
	return err
}

// PrintFiltered is PrintJSON that also returns how many lines it printed, which
// may be none with --jq.
func (p *Printer) PrintFiltered(v any) (printed int, err error) {
	line, err := encode(v)
	if err != nil {
		return 0, err
	}
	if p.filter == nil {
		return 1, p.writeJSON(line)
	}
	for result, err := range p.filter.results(line) {
		if err != nil {
			return printed, p.filterError(err)
		}
		if err := p.printResult(result); err != nil {
			return printed, err
		}
		printed++
	}
	return printed, nil
}

// PrintEncoded prints an object that is one line of JSON already, without --jq, and
// reports whether it did: with --jq it does nothing.
func (p *Printer) PrintEncoded(line []byte) (printed bool, err error) {
	if p.filter != nil {
		return false, nil
	}
	return true, p.writeJSON(line)
}

// encode returns v as one line of JSON.
func encode(v any) ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write JSON: %v", err)
	}
	return line.Bytes(), nil
}

func (p *Printer) printResult(result any) error {
	if s, ok := result.(string); ok {
		return p.Write([]byte(p.PrintableLines(s, "  ") + "\n"))
	}
	line, err := json.Marshal(result)
	if err != nil {
		return p.filterError(fmt.Errorf("--jq %q: %v", p.jq, err))
	}
	return p.writeJSON(append(line, '\n'))
}

// writeJSON writes a line of JSON: unchanged in a pipe, with control characters
// escaped on a terminal.
func (p *Printer) writeJSON(line []byte) error {
	if p.StdoutIsTerminal() {
		line = stdio.CleanJSON(line)
	}
	return p.Write(line)
}

// filterError returns the error of a result that --jq cannot be applied to.
func (p *Printer) filterError(err error) error {
	return WithHint(err, "the command itself succeeded, only its result could not be printed; use -o json to see it")
}
