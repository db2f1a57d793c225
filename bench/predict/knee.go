package predict

// Bound is what a load must hold to count as below the knee: nothing is lost or
// refused, at most a thousandth is not started, which is what the end of a run cuts
// off, and the 99th percentile is at most P99.
type Bound struct {
	P99 float64 `json:"maxP99"` // milliseconds
}

// Holds reports whether an outcome is within the bound.
func (b Bound) Holds(o *Outcome) bool {
	return o.Count > 0 && o.Latency.P99 <= b.P99 && o.Lost+o.Refused == 0 && 1000*o.NotStarted <= o.Count
}

// kneeSteps is how often the range of the knee is halved: to a thousandth.
const kneeSteps = 10

// Knee returns the highest rate from 0 to high at which a run holds the bound; 0 when
// not even a very low one does.
func Knee(run func(rate float64) *Outcome, bound Bound, high float64) float64 {
	if bound.Holds(run(high)) {
		return high
	}
	low := 0.0
	for range kneeSteps {
		middle := (low + high) / 2
		if bound.Holds(run(middle)) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
