package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"wps/internal/reason"
)

// Result is what one run has measured. Its JSON is stable: it is the format of a
// saved run.
type Result struct {
	// Kind is send, fanout, echo or connect.
	Kind string `json:"kind"`
	// Name identifies the run in a comparison; the caller sets it.
	Name string `json:"name,omitempty"`
	// Endpoint is scheme and host of the service.
	Endpoint string    `json:"endpoint,omitempty"`
	Started  time.Time `json:"started"`

	// Interrupted reports that the run was ended early, and has what was measured
	// until then.
	Interrupted bool `json:"interrupted,omitempty"`

	Workers     int `json:"workers"`
	Connections int `json:"connections,omitempty"`
	Groups      int `json:"groups,omitempty"`
	// InFlight is the limit of messages in flight of all publishers together, 0
	// without one, and MostInFlight the largest number that was reached.
	InFlight      int     `json:"inFlight,omitempty"`
	MostInFlight  int     `json:"mostInFlight,omitempty"`
	Rate          float64 `json:"rate,omitempty"` // target, per second; 0: as fast as possible
	Size          int     `json:"size,omitempty"` // of a message, in bytes
	WarmupSeconds float64 `json:"warmupSeconds"`
	Seconds       float64 `json:"seconds"` // that were measured

	// Count is what was due or began in the measured time and was done, the values
	// of Latency: requests that were answered, connections that were opened,
	// messages that arrived, echoes. Late is how many of these were done after that
	// time.
	Count int64 `json:"count"`
	Late  int64 `json:"late,omitempty"`
	// PerSecond is the rate of what was done in the measured time, whenever it
	// began.
	PerSecond float64 `json:"perSecond"`
	Failed    int64   `json:"failed"`
	// NotStarted is what was due at Rate, or requested, and never started, because
	// every worker was busy: it is not in Latency.
	NotStarted int64 `json:"notStarted,omitempty"`
	// Sent is how many messages were sent in the whole run, where Count has those
	// that arrived.
	Sent int64 `json:"sent,omitempty"`
	// Ended is how many connections ended unexpectedly. They are among Failed, and
	// messages in flight to them among Lost.
	Ended int64 `json:"ended,omitempty"`
	// Of messages, in the whole run, including the warm-up.
	Lost       int64 `json:"lost"`
	Duplicate  int64 `json:"duplicate"`
	OutOfOrder int64 `json:"outOfOrder"`
	// Held has the connections that were kept open.
	Held *Held `json:"held,omitempty"`

	Latency Latency `json:"latency"`
	// Series has each whole second that was measured. It is never nil.
	Series []Second `json:"series"`
	// Faults counts errors by their text.
	Faults map[string]int64 `json:"faults,omitempty"`
}

// Held counts connections that were kept open.
type Held struct {
	Seconds float64 `json:"seconds"` // since the last one was opened
	Stayed  int     `json:"stayed"`  // open at the end, answered a ping
	Silent  int     `json:"silent"`  // open at the end, did not answer
}

// Latency is a distribution of times, in milliseconds.
type Latency struct {
	Min    float64 `json:"min"`
	Mean   float64 `json:"mean"`
	StdDev float64 `json:"stdDev"`
	P50    float64 `json:"p50"`
	P90    float64 `json:"p90"`
	P99    float64 `json:"p99"`
	P999   float64 `json:"p999"`
	P9999  float64 `json:"p9999"`
	Max    float64 `json:"max"`
	// HDR is the whole distribution in microseconds: an HdrHistogram, V2,
	// compressed, base64, as HdrHistogram tools read it.
	HDR string `json:"hdr"`

	times *hdrhistogram.Histogram
}

// Second is one second of a run; its times are in milliseconds.
type Second struct {
	Second int     `json:"second"` // from 1, after the warm-up
	Count  int64   `json:"count"`  // done in it
	Failed int64   `json:"failed"`
	P50    float64 `json:"p50"`
	P99    float64 `json:"p99"`
	Max    float64 `json:"max"`
}

func latencyOf(h *hdrhistogram.Histogram) Latency {
	at := func(percent float64) float64 { return millis(h.ValueAtQuantile(percent)) }
	l := Latency{
		Mean: h.Mean() * millis(1), StdDev: h.StdDev() * millis(1),
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), P9999: at(99.99), times: h,
	}
	if h.TotalCount() > 0 {
		l.Min, l.Max = millis(h.Min()), millis(h.Max())
	}
	if b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase); err == nil {
		l.HDR = string(b) // the library writes base64 itself
	}
	return l
}

// addFault counts an error after the run.
func (r *Result) addFault(err error, doing string) {
	if err != nil {
		r.Faults[doing+": "+faultText(err)]++
	}
}

// maxResultSize limits a saved run, in bytes.
const maxResultSize = 32 << 20

// Load reads a saved run.
func Load(in io.Reader) (*Result, error) {
	b, err := io.ReadAll(io.LimitReader(in, maxResultSize+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxResultSize {
		return nil, fmt.Errorf("larger than %d bytes", maxResultSize)
	}
	r := &Result{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("not a saved run: %s", reason.JSON(err))
	}
	if r.Kind == "" || r.Latency.HDR == "" {
		return nil, errors.New("not a saved run: it has no kind or no distribution")
	}
	if r.Series == nil {
		r.Series = []Second{}
	}
	if r.Latency.times, err = hdrhistogram.Decode([]byte(r.Latency.HDR)); err != nil {
		return nil, fmt.Errorf("not a saved run: its distribution: %w", err)
	}
	return r, nil
}

// Times returns the values of the distribution in their order, each with how often
// it was measured.
func (l Latency) Times() iter.Seq2[time.Duration, int64] {
	return func(yield func(time.Duration, int64) bool) {
		if l.times == nil {
			return
		}
		for _, b := range l.times.Distribution() {
			if b.Count > 0 && !yield(time.Duration(b.From+b.To)*unit/2, b.Count) {
				return
			}
		}
	}
}
