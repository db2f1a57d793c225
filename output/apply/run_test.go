package apply_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"wps/output"
	"wps/output/apply"
)

// msg returns the line of a message event.
func msg(text string) string { return `{"message":"` + text + `","dataType":"text"}` }

// run runs a stream and returns results, summary and error.
func run(t *testing.T, r *recorder, in string, o apply.Options) (results []string, sum apply.Summary, err error) {
	t.Helper()
	o.OnResult = func(l apply.LineResult) { results = append(results, resultText(l)) }
	sum, err = apply.Run(t.Context(), output.NewReader(strings.NewReader(in)), r.run, o)
	return results, sum, err
}

func resultText(l apply.LineResult) string {
	text := fmt.Sprintf("%d %s", l.Line, l.Status)
	if l.Earlier {
		text += " earlier"
	}
	if l.Yes != nil {
		text += fmt.Sprintf(" %v", *l.Yes)
	}
	if l.Error != "" {
		text += ": " + l.Error
	}
	return text
}

func TestRunInOrder(t *testing.T) {
	t.Parallel()
	r := &recorder{yes: true}
	results, s, err := run(t, r, msg("a")+"\n"+`{"type":"ExistenceEvent","targetType":"Users","targetId":"u"}`+"\n"+msg("b"), apply.Options{})
	if err != nil || s != (apply.Summary{Done: 3}) {
		t.Fatalf("Run = %+v, %v", s, err)
	}
	if want := []string{"1 done", "2 done true", "3 done"}; !reflect.DeepEqual(results, want) {
		t.Errorf("results = %q, want %q", results, want)
	}
	if len(r.calls) != 3 || !strings.Contains(r.calls[0], `"a"`) || !strings.Contains(r.calls[2], `"b"`) {
		t.Errorf("calls = %q", r.calls)
	}
}

func TestRunStopsAtFault(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 10 {
		lines = append(lines, msg(fmt.Sprint(i+1)))
	}
	lines[6] = `{"message":1}`
	stream := strings.Join(lines, "\n")

	r := &recorder{}
	results, s, err := run(t, r, stream, apply.Options{CountRest: true})
	bad, _ := errors.AsType[*output.LineError](err)
	if bad == nil || bad.Line != 7 || len(r.calls) != 6 || s != (apply.Summary{Done: 6, Failed: 1, NotTried: 3}) {
		t.Errorf("Run = %+v, %v after %d calls", s, err, len(r.calls))
	}
	if len(results) != 10 || !strings.HasPrefix(results[6], "7 failed: message must be") || results[9] != "10 not tried" {
		t.Errorf("results = %q", results)
	}

	r = &recorder{}
	if _, s, _ = run(t, r, stream, apply.Options{}); s != (apply.Summary{Done: 6, Failed: 1, Unread: true}) {
		t.Errorf("without CountRest: %+v", s)
	}

	lines[2] = "{"
	results = nil
	s, err = apply.Check(t.Context(), output.NewReader(strings.NewReader(strings.Join(lines, "\n"))), nil,
		func(l apply.LineResult) { results = append(results, resultText(l)) })
	all, _ := errors.AsType[*apply.CheckError](err)
	if all == nil || len(all.Lines) != 2 || all.Lines[0].Line != 3 || all.Lines[1].Line != 7 || s != (apply.Summary{Failed: 2, NotTried: 8}) {
		t.Errorf("Check: %+v, %v", s, err)
	}
	if len(results) != 10 || results[0] != "1 not tried" || !strings.HasPrefix(results[2], "3 failed") {
		t.Errorf("results = %q", results)
	}
}

func TestRunStopsAtFailure(t *testing.T) {
	t.Parallel()
	stream := msg("a") + "\n" + msg("b") + "\n" + msg("c")
	r := &recorder{fail: map[int]error{2: errRefused}}
	results, s, err := run(t, r, stream, apply.Options{CountRest: true})
	if !errors.Is(err, errRefused) || len(r.calls) != 2 || s != (apply.Summary{Done: 1, Failed: 1, NotTried: 1}) {
		t.Errorf("Run = %+v, %v after %d calls", s, err, len(r.calls))
	}
	if want := []string{"1 done", "2 failed: refused", "3 not tried"}; !reflect.DeepEqual(results, want) {
		t.Errorf("results = %q, want %q", results, want)
	}
}

func TestRunStopsWithContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := &recorder{}
	do := func(ctx context.Context, ev output.Event) (output.Result, error) {
		cancel()
		return r.run(ctx, ev)
	}
	_, err := apply.Run(ctx, output.NewReader(strings.NewReader(msg("a")+msg("b"))), do, apply.Options{})
	if !errors.Is(err, context.Canceled) || len(r.calls) != 1 {
		t.Errorf("Run = %v after %d calls, want context.Canceled after 1", err, len(r.calls))
	}
}
