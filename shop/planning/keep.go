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

	"zhigai/calc/schedule"
)

// kept is a plan as it is kept: what was to be planned, and the schedule. The
// page is composed of them.
type kept struct {
	Model    *Model
	Schedule schedule.Schedule
	Rules    []RuleCost
}

// packed is kept as it is written: calendars that machines share are there once.
type packed struct {
	kept
	Open [][]schedule.Window
	At   []int // index of the windows of each machine
}

// maxBody bounds what is unpacked in memory.
const maxBody = 512 << 20

// pack writes a plan, compressed, and gives the SHA-256 of what is written.
func (k kept) pack() (body []byte, sum string, err error) {
	p := packed{kept: k}
	model, problem := *k.Model, *k.Model.Problem
	problem.Machines = slices.Clone(problem.Machines)
	for i := range problem.Machines {
		open := problem.Machines[i].Open
		at := slices.IndexFunc(p.Open, func(o []schedule.Window) bool { return slices.Equal(o, open) })
		if at < 0 {
			at, p.Open = len(p.Open), append(p.Open, open)
		}
		p.At, problem.Machines[i].Open = append(p.At, at), nil
	}
	model.Problem, p.Model = &problem, &model
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
	if p.Model == nil || p.Model.Problem == nil || len(p.At) != len(p.Model.Problem.Machines) {
		return kept{}, fmt.Errorf("read the plan: it has no problem")
	}
	for i, at := range p.At {
		if at < 0 || at >= len(p.Open) {
			return kept{}, fmt.Errorf("read the plan: machine %d has no times", i)
		}
		p.Model.Problem.Machines[i].Open = p.Open[at]
	}
	return p.kept, nil
}
