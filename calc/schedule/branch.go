package schedule

import (
	"fmt"
	"slices"
)

// Forerunner is an operation of the same job that must have ended before another
// one begins, with the least time that passes between them. A negative one lets
// them overlap, as MinWait does.
type Forerunner struct {
	Op      int
	MinWait int64
}

// branches says whether operations of a job are in more than one line.
func (j *Job) branches() bool {
	return slices.ContainsFunc(j.Operations, func(o Operation) bool { return o.After != nil })
}

// forerunners are those of an operation of a job; none of one that may begin with
// the job.
func (j *Job) forerunners(i int) []Forerunner {
	o := &j.Operations[i]
	switch {
	case o.After != nil:
		return o.After
	case i == 0:
		return nil
	default:
		return []Forerunner{{i - 1, o.MinWait}}
	}
}

// validateAfter checks the forerunners of an operation: they stand before it, so
// that nothing goes round in a circle.
func (j *Job) validateAfter(i int) error {
	o := &j.Operations[i]
	if o.After != nil && (o.MaxWait != nil || o.MinWait != 0) {
		return fmt.Errorf("after: what names its forerunners has its waits there, and no max_wait")
	}
	for k, f := range o.After {
		switch {
		case f.Op < 0 || f.Op >= i:
			return fmt.Errorf("after[%d].op: %d does not stand before it; put operations behind their forerunners", k, f.Op)
		case slices.ContainsFunc(o.After[:k], func(g Forerunner) bool { return g.Op == f.Op }):
			return fmt.Errorf("after[%d].op: %d is there twice", k, f.Op)
		case f.MinWait > maxTime || -f.MinWait > min(j.Operations[f.Op].least(), o.least()):
			return fmt.Errorf("after[%d].min_wait: %d is beyond %d, or lets it start earlier before the end of its forerunner than either of them takes", k, f.MinWait, int64(maxTime))
		}
	}
	return nil
}

// link is a forerunner by its number among all operations.
type link struct {
	op   int32
	wait int64
}

// branched are jobs whose operations are in more than one line.
type branched struct {
	links []([]link) // of each operation of such a job; nil of others
	jobs  []bool
	due   int64 // what jobs that are late already cost before they begin
	// unitsBefore and unitsAfter are those that stand before and behind each unit in
	// the order, whatever else changes.
	unitsBefore, unitsAfter [][]int32
}

// branch reads the forerunners of all jobs. Where no job has branches nothing is
// kept, and jobs are lines.
func (s *shop) branch() {
	s.unitsBefore, s.unitsAfter = make([][]int32, len(s.units)), make([][]int32, len(s.units))
	edge := func(a, b int32) {
		if a != b && !slices.Contains(s.unitsBefore[b], a) {
			s.unitsBefore[b], s.unitsAfter[a] = append(s.unitsBefore[b], a), append(s.unitsAfter[a], b)
		}
	}
	for j := range s.p.Jobs {
		job := &s.p.Jobs[j]
		is := job.branches()
		if is && s.links == nil {
			s.links, s.jobs = make([][]link, len(s.ops)), make([]bool, len(s.p.Jobs))
		}
		for i := range job.Operations {
			u := s.first[j] + int32(i)
			all := []link{}
			for _, f := range job.forerunners(i) {
				v := s.first[j] + int32(f.Op)
				all = append(all, link{v, f.MinWait})
				edge(s.unit[v], s.unit[u])
			}
			if is {
				s.links[u] = all
			}
		}
		if is {
			s.jobs[j] = true
			if job.Due != nil {
				s.due += job.Weight * max(0, -*job.Due)
			}
		}
	}
}

// isBranched says whether a job has branches.
func (b *branched) isBranched(j int32) bool { return b.links != nil && b.jobs[j] }
