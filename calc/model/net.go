package model

import (
	"math"
	"math/rand/v2"
	"slices"
)

// NetOptions of a small feed-forward network; see [TrainNet].
type NetOptions struct {
	Hidden []int   `json:"hidden"` // neurons of its one or two hidden layers
	Epochs int     `json:"epochs"` // through all rows at the most
	Rate   float64 `json:"rate"`   // of a step
	Seed   uint64  `json:"seed"`
}

// Net is layers of neurons: hidden ones answer with the hyperbolic tangent, the last
// is the sum. Columns and answers are scaled.
type Net struct {
	Scale  Scale       `json:"scale"`
	MeanY  float64     `json:"mean_y"`
	SDY    float64     `json:"sd_y"`
	Widths []int       `json:"widths"`  // of the columns, each hidden layer, the answer
	Weight [][]float64 `json:"weights"` // of each layer: by neuron, the constant last
	Epochs int         `json:"epochs"`  // after how many it answered best for the rows kept back
}

const (
	// Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1
	// with the settings it proposes.
	adamMean, adamSquare, adamSmall = 0.9, 0.999, 1e-8
	// netBatch is how many rows make a step.
	netBatch = 32
	// netKept is the last share of the rows by which it is seen when to stop, and
	// netPatience how many epochs may bring nothing (Prechelt, Early stopping – but
	// when?, 1998).
	netKept, netPatience = 0.15, 15
	// decay keeps weights small: with few rows a network learns noise.
	decay = 1e-4
	// leastNetRows leave something to stop by.
	leastNetRows = 20
)

// TrainNet learns by Adam on small batches, and keeps the weights that answered best
// for the last rows, of which nothing is learnt. The same rows, options and seed give
// the same weights to the bit.
func TrainNet(rows [][]float64, y []float64, o NetOptions) (*Net, error) {
	if err := check(rows, y); err != nil {
		return nil, err
	}
	if len(rows) < leastNetRows {
		return nil, invalid("%d rows; a network is stopped by rows kept back, which takes %d", len(rows), leastNetRows)
	}
	if len(o.Hidden) < 1 || len(o.Hidden) > 2 || slices.Min(o.Hidden) < 1 || slices.Max(o.Hidden) > 64 || o.Epochs < 1 || o.Epochs > 2000 || !(o.Rate > 0 && o.Rate <= 0.1) {
		return nil, invalid("options %+v: one or two hidden layers of 1 to 64 neurons, 1 to 2000 epochs, a rate up to 0.1", o)
	}
	learn := len(rows) - max(1, int(netKept*float64(len(rows))))
	n := newNet(rows[:learn], y[:learn], o)
	t := newTrainer(n)
	scaled, want := make([][]float64, len(rows)), make([]float64, len(rows))
	for i, r := range rows {
		scaled[i] = make([]float64, len(r))
		n.Scale.of(scaled[i], r)
		want[i] = (y[i] - n.MeanY) / n.SDY
	}
	rnd := rand.New(rand.NewPCG(o.Seed, 0x2545f4914f6cdd1d))
	order := make([]int, learn)
	for i := range order {
		order[i] = i
	}
	best, kept := math.Inf(1), n.Weight
	for epoch := 1; epoch <= o.Epochs && epoch-n.Epochs <= netPatience; epoch++ {
		rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for batch := range slices.Chunk(order, netBatch) {
			for _, i := range batch {
				t.learn(scaled[i], want[i])
			}
			t.step(len(batch), o.Rate)
		}
		sum := 0.0
		for i := learn; i < len(rows); i++ {
			e := t.forward(scaled[i]) - want[i]
			sum += e * e
		}
		if sum < best {
			best, n.Epochs, kept = sum, epoch, clone(n.Weight)
		}
	}
	n.Weight = kept
	return n, nil
}

func clone(w [][]float64) [][]float64 {
	out := make([][]float64, len(w))
	for i := range w {
		out[i] = slices.Clone(w[i])
	}
	return out
}

// newNet begins with weights by Glorot and Bengio (Understanding the difficulty of
// training deep feedforward neural networks, AISTATS 2010, equation 16).
func newNet(rows [][]float64, y []float64, o NetOptions) *Net {
	n := &Net{Scale: newScale(rows), SDY: 1}
	for _, v := range y {
		n.MeanY += v / float64(len(y))
	}
	sum := 0.0
	for _, v := range y {
		sum += (v - n.MeanY) * (v - n.MeanY) / float64(len(y))
	}
	if sum > 0 {
		n.SDY = math.Sqrt(sum)
	}
	n.Widths = slices.Concat([]int{len(rows[0])}, o.Hidden, []int{1})
	rnd := rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15))
	for l := 1; l < len(n.Widths); l++ {
		in, out := n.Widths[l-1], n.Widths[l]
		most := math.Sqrt(6 / float64(in+out))
		w := make([]float64, out*(in+1))
		for k := range w {
			if k%(in+1) < in {
				w[k] = most * (2*rnd.Float64() - 1)
			}
		}
		n.Weight = append(n.Weight, w)
	}
	return n
}

// trainer is what learning needs beside the weights.
type trainer struct {
	n                  *Net
	out                [][]float64 // of each layer, the columns first
	back               [][]float64 // the error by each neuron of each layer
	slope, mean, speed [][]float64 // of each weight
	steps              float64
}

func newTrainer(n *Net) *trainer {
	t := &trainer{n: n}
	for _, w := range n.Widths {
		t.out, t.back = append(t.out, make([]float64, w)), append(t.back, make([]float64, w))
	}
	for _, w := range n.Weight {
		t.slope, t.mean, t.speed = append(t.slope, make([]float64, len(w))), append(t.mean, make([]float64, len(w))), append(t.speed, make([]float64, len(w)))
	}
	return t
}

// forward answers for a scaled row, in standard deviations of the answers.
func (t *trainer) forward(row []float64) float64 {
	copy(t.out[0], row)
	for l, w := range t.n.Weight {
		in, out := t.out[l], t.out[l+1]
		for k := range out {
			at := w[k*(len(in)+1) : (k+1)*(len(in)+1)]
			v := at[len(in)]
			for j, x := range in {
				v += at[j] * x
			}
			if l < len(t.n.Weight)-1 {
				v = math.Tanh(v)
			}
			out[k] = v
		}
	}
	return t.out[len(t.out)-1][0]
}

// learn adds a row's slopes.
func (t *trainer) learn(row []float64, want float64) {
	last := len(t.out) - 1
	t.back[last][0] = t.forward(row) - want
	for l := last - 1; l >= 0; l-- {
		in, w, s := t.out[l], t.n.Weight[l], t.slope[l]
		clear(t.back[l])
		for k, e := range t.back[l+1] {
			at := k * (len(in) + 1)
			for j, x := range in {
				s[at+j] += e * x
				t.back[l][j] += e * w[at+j]
			}
			s[at+len(in)] += e
		}
		if l > 0 {
			for j, x := range in {
				t.back[l][j] *= 1 - x*x
			}
		}
	}
}

// step moves the weights by the slopes of so many rows.
func (t *trainer) step(rows int, rate float64) {
	t.steps++
	a, b := 1-math.Pow(adamMean, t.steps), 1-math.Pow(adamSquare, t.steps)
	for l, w := range t.n.Weight {
		for k := range w {
			g := t.slope[l][k]/float64(rows) + decay*w[k]
			t.slope[l][k] = 0
			t.mean[l][k] = adamMean*t.mean[l][k] + (1-adamMean)*g
			t.speed[l][k] = adamSquare*t.speed[l][k] + (1-adamSquare)*g*g
			w[k] -= rate * t.mean[l][k] / a / (math.Sqrt(t.speed[l][k]/b) + adamSmall)
		}
	}
}

// Predict answers for a row.
func (n *Net) Predict(row []float64) float64 {
	in := make([]float64, len(row))
	n.Scale.of(in, row)
	for l, w := range n.Weight {
		out := make([]float64, n.Widths[l+1])
		for k := range out {
			at := w[k*(len(in)+1) : (k+1)*(len(in)+1)]
			v := at[len(in)]
			for j, x := range in {
				v += at[j] * x
			}
			if l < len(n.Weight)-1 {
				v = math.Tanh(v)
			}
			out[k] = v
		}
		in = out
	}
	return n.MeanY + n.SDY*in[0]
}

// Check refuses a network whose layers do not fit, or that is not of so many columns.
func (n *Net) Check(width int) error {
	if len(n.Widths) < 3 || n.Widths[0] != width || n.Widths[len(n.Widths)-1] != 1 || len(n.Weight) != len(n.Widths)-1 {
		return invalid("a network of layers %v; %d columns are given", n.Widths, width)
	}
	for l, w := range n.Weight {
		if n.Widths[l] < 1 || len(w) != n.Widths[l+1]*(n.Widths[l]+1) {
			return invalid("layer %d of the network has %d weights", l+1, len(w))
		}
	}
	return n.Scale.check(width)
}
