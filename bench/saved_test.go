package bench_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wps/bench"
)

// measured is a result with some of everything.
func measured(t *testing.T) (r *bench.Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: 3 * time.Millisecond, change: func(n int, data []byte) [][]byte {
			if n%100 == 0 {
				return nil
			}
			return [][]byte{data}
		}, fault: func(n int) error {
			if n%7 == 0 {
				time.Sleep(time.Duration(n%50) * time.Millisecond)
			}
			if n%50 == 0 {
				return errors.New(`<script>alert("x")</script>`)
			}
			return nil
		}}
		var err error
		if r, err = bench.Fanout(t.Context(), s, s.dial, bench.FanoutOptions{Options: options(2), Connections: 4, Groups: 2}); err != nil {
			t.Fatal(err)
		}
	})
	return r
}

// TestSaved: a run that is saved and read again is the same, distribution
// included.
func TestSaved(t *testing.T) {
	t.Parallel()
	r := measured(t)
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := bench.Load(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var part map[string]any
	if err := json.Unmarshal(b, &part); err != nil {
		t.Fatal(err)
	}
	delete(part, "series")
	if b, err = json.Marshal(part); err != nil {
		t.Fatal(err)
	}
	if without, err := bench.Load(bytes.NewReader(b)); err != nil || without.Series == nil {
		t.Errorf("a file without series is read as %v, %v, want an empty list", without, err)
	}
	if got, want := bench.Text(again), bench.Text(r); got != want || !strings.Contains(got, "█") {
		t.Errorf("read again:\n%s\nwant:\n%s", got, want)
	}
	for _, bad := range []string{"", "{}", "[]", `{"kind":"send","latency":{"hdr":"!"}}`, `{"kind":"send","latency":{"hdr":"HISTFAAA"}}`} {
		if _, err := bench.Load(strings.NewReader(bad)); err == nil {
			t.Errorf("Load(%q) gives no error", bad)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	a, b := measured(t), measured(t)
	b.PerSecond, b.Workers, b.Lost = 2*a.PerSecond, 7, 0
	c := bench.Compare(a, b)
	text := c.Text()
	if strings.Join(c.Unlike, " ") != "workers" || !strings.Contains(text, "different: workers") {
		t.Errorf("Unlike = %q in\n%s", c.Unlike, text)
	}
	if !regexp.MustCompile(`(?m)^  per second .* 2\.00$`).MatchString(text) || !regexp.MustCompile(`(?m)^  p99 ms .* 1\.00$`).MatchString(text) {
		t.Errorf("comparison:\n%s", text)
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	r := measured(t)
	var b strings.Builder
	if err := bench.CSV(&b, r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(r.Series)+2 || !strings.HasPrefix(lines[0], "second,count,") || !strings.HasPrefix(lines[1], "1,") ||
		!strings.HasPrefix(lines[len(lines)-1], fmt.Sprintf("total,%d,", r.Count)) {
		t.Errorf("CSV:\n%s", b.String())
	}
}

// TestReport: the page is complete and self-contained, and escapes texts of the
// service.
func TestReport(t *testing.T) {
	t.Parallel()
	a, b := measured(t), measured(t)
	a.Name, b.Endpoint = "<b>one</b>", "http://localhost:1"
	var page bytes.Buffer
	if err := bench.Report(&page, []*bench.Result{a, b}); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	for _, bad := range []string{"<script", "<link", "<img", "src=", "href=", "@import", "url(", "<b>one", "NaN", "Inf", "%!"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	// The page is readable without seeing the charts or their colours.
	labels := regexp.MustCompile(`role="img" aria-label="[^"]{20,}"`).FindAllString(text, -1)
	if len(labels) != 6 || strings.Count(text, "<main>") != 1 || strings.Count(text, "<th") != strings.Count(text, `scope="`)+strings.Count(text, "<thead") || strings.Count(text, `class="key k`) != 2 {
		t.Errorf("labels %q, or headings and landmarks, in\n%s", labels, text)
	}
	if n := strings.Count(text, "<svg viewBox"); n != 6 {
		t.Errorf("the page has %d charts, want 6", n)
	}
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.Strict, dec.AutoClose, dec.Entity = false, []string{"meta", "br"}, xml.HTMLEntity
	for {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the page is broken: %v", err)
		}
	}
	if err := bench.Report(io.Discard, nil); err == nil {
		t.Error("a report of nothing gives no error")
	}
}

// FuzzLoad: whatever Load accepts can be described, compared and drawn.
func FuzzLoad(f *testing.F) {
	f.Add(`{"kind":"send","latency":{"hdr":"HISTFAAAACJ42pNpmSzMwMDAyAABzFCaEUoz2X+AsoTXMzECAE1IBEY="}}`)
	f.Add(`{"kind":"fanout","series":[{"second":1,"count":-1}],"latency":{"min":-5,"hdr":"HISTFAAAACJ42pNpmSzMwMDAyAABzFCaEUoz2X+AsoTXMzECAE1IBEY="}}`)
	f.Fuzz(func(t *testing.T, in string) {
		r, err := bench.Load(strings.NewReader(in))
		if err != nil {
			return
		}
		_ = bench.Text(r)
		_ = bench.Compare(r, r).Text()
		if err := bench.Report(io.Discard, []*bench.Result{r, r}); err != nil {
			t.Errorf("Report = %v", err)
		}
	})
}
