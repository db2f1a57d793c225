package predict

import (
	"github.com/HdrHistogram/hdrhistogram-go"
)

// Started and Delivered are of the whole run, with its warm-up and its end.
func (o *Outcome) Started() int64   { return o.started }
func (o *Outcome) Delivered() int64 { return o.delivered }

// InSystem is how many events were in the system on average, if the run took so many
// seconds.
func (o *Outcome) InSystem(seconds float64) float64 { return o.area / seconds }

// HDR is the distribution, as in the JSON of package bench.
func (o *Outcome) HDR() string {
	b, err := o.times.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Stalls returns noise in which one piece of work in ten takes so many times longer
// than the others.
func Stalls(piece, longer float64) Noise {
	n := Noise{Piece: piece}
	n.Pieces.add(1, 9)
	n.Pieces.add(longer, 1)
	n.Pieces.scale(1 / n.Pieces.mean())
	return n
}

// Longest returns the largest value of the pieces.
func (n Noise) Longest() float64 {
	longest := 0.0
	for _, v := range n.Pieces.values {
		longest = max(longest, v)
	}
	return longest
}

// AtLeast returns the share of the pieces that take at least so many times their mean.
func (n Noise) AtLeast(value float64) float64 {
	share, before := 0.0, 0.0
	for i, v := range n.Pieces.values {
		if v >= value {
			share += n.Pieces.upTo[i] - before
		}
		before = n.Pieces.upTo[i]
	}
	return share / n.Pieces.total()
}
