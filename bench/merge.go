package bench

import "maps"

// Merge returns one result for runs of the same kind, as if one had been measured
// after the other. What they were asked to do is taken from the first.
func Merge(runs ...*Result) *Result {
	all := *runs[0]
	all.Count, all.Late, all.Failed, all.NotStarted, all.Sent, all.Ended = 0, 0, 0, 0, 0, 0
	all.Lost, all.Duplicate, all.OutOfOrder, all.Seconds = 0, 0, 0, 0
	all.Series, all.Faults, all.Held = []Second{}, map[string]int64{}, nil
	done, times := 0.0, newHistogram()
	for _, r := range runs {
		all.Count, all.Late, all.Failed, all.NotStarted = all.Count+r.Count, all.Late+r.Late, all.Failed+r.Failed, all.NotStarted+r.NotStarted
		all.Sent, all.Ended = all.Sent+r.Sent, all.Ended+r.Ended
		all.Lost, all.Duplicate, all.OutOfOrder = all.Lost+r.Lost, all.Duplicate+r.Duplicate, all.OutOfOrder+r.OutOfOrder
		all.Interrupted = all.Interrupted || r.Interrupted
		all.MostInFlight = max(all.MostInFlight, r.MostInFlight)
		all.Seconds += r.Seconds
		done += r.PerSecond * r.Seconds
		if r.Latency.times != nil {
			times.Merge(r.Latency.times)
		}
		for _, s := range r.Series {
			s.Second = len(all.Series) + 1
			all.Series = append(all.Series, s)
		}
		for text, n := range maps.All(r.Faults) {
			all.Faults[text] += n
		}
	}
	all.Latency = latencyOf(times)
	if all.Seconds > 0 {
		all.PerSecond = done / all.Seconds
	}
	return &all
}
