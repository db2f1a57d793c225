package predict

import (
	"math/rand/v2"
	"sort"
)

// Noise is how unevenly a machine works: other programs, collections of garbage,
// and the system take time from it. The zero value is a machine without noise.
type Noise struct {
	// Piece is the time, in seconds, of the pieces of work that Pieces describes.
	Piece float64
	// Pieces is how many times their usual time pieces of work take; its mean is 1.
	Pieces Distribution
	// Seconds has how many times its usual time work takes in a second, for seconds
	// that were measured. A simulated second is like one of them, by chance.
	Seconds []float64
}

// Distribution is values with their weights.
type Distribution struct {
	values []float64
	upTo   []float64 // the sum of the weights up to each value
}

// add adds a value with a weight above 0.
func (d *Distribution) add(value, weight float64) {
	d.values = append(d.values, value)
	d.upTo = append(d.upTo, d.total()+weight)
}

func (d *Distribution) total() float64 {
	if len(d.upTo) == 0 {
		return 0
	}
	return d.upTo[len(d.upTo)-1]
}

// mean returns the mean of the values.
func (d *Distribution) mean() float64 { return d.meanOf(func(v float64) float64 { return v }) }

// variance returns the variance of the values.
func (d *Distribution) variance() float64 {
	mean := d.mean()
	return d.meanOf(func(v float64) float64 { return (v - mean) * (v - mean) })
}

// meanOf returns the mean of a function of the values.
func (d *Distribution) meanOf(f func(float64) float64) float64 {
	sum, before := 0.0, 0.0
	for i, v := range d.values {
		sum += f(v) * (d.upTo[i] - before)
		before = d.upTo[i]
	}
	return sum / d.total()
}

// scale multiplies every value.
func (d *Distribution) scale(by float64) {
	for i := range d.values {
		d.values[i] *= by
	}
}

// sample returns one of the values by chance.
func (d *Distribution) sample(random *rand.Rand) float64 {
	i := sort.SearchFloat64s(d.upTo, random.Float64()*d.total())
	return d.values[min(i, len(d.values)-1)]
}

// machine does one piece of work after the other.
type machine struct {
	noise  Noise
	random *rand.Rand
	left   float64 // work until the end of the piece
	slow   float64 // of the piece
	second int     // the second that pace is of
	pace   float64
}

func newMachine(noise Noise, random *rand.Rand) *machine {
	return &machine{noise: noise, random: random, slow: 1, pace: 1, second: -1}
}

// finish returns when work ends that begins now.
func (m *machine) finish(now, work float64) float64 {
	if len(m.noise.Seconds) > 0 && int(now) != m.second {
		m.second = int(now)
		m.pace = m.noise.Seconds[m.random.IntN(len(m.noise.Seconds))]
	}
	if m.noise.Piece <= 0 {
		return now + work*m.pace
	}
	for work > m.left {
		now += m.left * m.slow * m.pace
		work -= m.left
		m.left, m.slow = m.noise.Piece, m.noise.Pieces.sample(m.random)
	}
	m.left -= work
	return now + work*m.slow*m.pace
}
