package planning

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"

	"zhigai/calc/schedule"
)

// kept is a plan as it is kept: what was to be planned, and the schedule. The
// page is composed of them.
type kept struct {
	Model    *Model
	Schedule schedule.Schedule
	Rules    []RuleCost

	composed func() Plan // its page, made once; nil makes it anew each time
}

// shared makes the page once for all who ask.
func (k kept) shared() kept {
	k.composed = sync.OnceValue(func() Plan { return compose(k.Model, k.Schedule) })
	return k
}

// page is the plan as people see it, its head apart. It is not to be changed.
func (k kept) page() Plan {
	if k.composed == nil {
		return compose(k.Model, k.Schedule)
	}
	return k.composed()
}

// pageOf is the page with the head as it is now.
func (k kept) pageOf(h Head) Plan {
	p := k.page()
	p.Head = h
	return p
}

// packed is kept as it is written.
type packed struct {
	kept
	Problem compact
}

// compact is a problem without what is there many times: calendars that machines
// share, and tables of setups, all rows of which are the same but for the zero.
type compact struct {
	Machines []compactMachine
	Open     [][]schedule.Window
	Jobs     []schedule.Job
	// Resources were not in plans of before.
	Resources []schedule.Resource `json:",omitempty"`
}

type compactMachine struct {
	Name     string
	Open     int // index
	Capacity int64
	Setup    []int64 // for each family; none when nothing is set up
	Ready    int
}

func compactOf(p *schedule.Problem) compact {
	c := compact{Jobs: p.Jobs, Resources: p.Resources}
	for _, m := range p.Machines {
		at := slices.IndexFunc(c.Open, func(o []schedule.Window) bool { return slices.Equal(o, m.Open) })
		if at < 0 {
			at, c.Open = len(c.Open), append(c.Open, m.Open)
		}
		row := make([]int64, len(m.Setup))
		for f := range row {
			row[f] = m.Setup[(f+1)%len(row)][f]
		}
		c.Machines = append(c.Machines, compactMachine{m.Name, at, m.Capacity, row, m.Ready})
	}
	return c
}

func (c compact) problem() (*schedule.Problem, error) {
	p := &schedule.Problem{Jobs: c.Jobs, Resources: c.Resources}
	for i, m := range c.Machines {
		if m.Open < 0 || m.Open >= len(c.Open) || len(m.Setup) > maxFamilies+2 {
			return nil, fmt.Errorf("machine %d has no times, or too many families", i)
		}
		p.Machines = append(p.Machines, schedule.Machine{Name: m.Name, Open: c.Open[m.Open], Capacity: m.Capacity, Setup: setupTable(m.Setup), Ready: m.Ready})
	}
	return p, nil
}

// setupTable is what setting up takes from each family to each: so long for a
// family, whatever was before it, and nothing for the same.
func setupTable(row []int64) (t [][]int64) {
	for i := range row {
		own := slices.Clone(row)
		own[i] = 0
		t = append(t, own)
	}
	return t
}

// hash is the SHA-256 of the problem, hex.
func (m *Model) hash() (string, error) {
	raw, err := json.Marshal(compactOf(m.Problem))
	if err != nil {
		return "", fmt.Errorf("write the problem: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// maxBody bounds what is unpacked in memory.
const maxBody = 512 << 20

// pack writes a plan, compressed, and gives the SHA-256 of what is written.
func (k kept) pack() (body []byte, sum string, err error) {
	model := *k.Model
	p := packed{kept: k, Problem: compactOf(model.Problem)}
	model.Problem, p.Model = nil, &model
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, "", fmt.Errorf("write the plan: %w", err)
	}
	digest := sha256.Sum256(raw)
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(raw); err != nil {
		return nil, "", fmt.Errorf("write the plan: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, "", fmt.Errorf("write the plan: %w", err)
	}
	return b.Bytes(), hex.EncodeToString(digest[:]), nil
}

// unpack reads a plan and holds it against its digest.
func unpack(body []byte, sum string) (kept, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return kept{}, fmt.Errorf("read the plan: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxBody))
	if err != nil {
		return kept{}, fmt.Errorf("read the plan: %w", err)
	}
	if digest := sha256.Sum256(raw); hex.EncodeToString(digest[:]) != sum {
		return kept{}, fmt.Errorf("read the plan: it is not as it was written: its SHA-256 is another")
	}
	var p packed
	if err := json.Unmarshal(raw, &p); err != nil {
		return kept{}, fmt.Errorf("read the plan: %w", err)
	}
	if p.Model == nil {
		return kept{}, fmt.Errorf("read the plan: it has no problem")
	}
	if p.Model.Problem, err = p.Problem.problem(); err != nil {
		return kept{}, fmt.Errorf("read the plan: %w", err)
	}
	return p.kept, nil
}
