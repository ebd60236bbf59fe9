// Package file reads problems and schedules from bytes: the job shop and
// flexible job shop formats of the published instances, and JSON for all of the
// model. It is strict: what it does not know it refuses, with the place.
package file

import (
	"bytes"
	"fmt"
	"strconv"

	"zhigai/calc/schedule"
)

// lines are those of a text that are not empty and no comment, as numbers.
type lines struct {
	rest []byte
	no   int
}

// maxJobs and maxMachines bound what a header may ask for.
const (
	maxJobs     = 1_000_000
	maxMachines = 100_000
	// maxDuration leaves room for sums.
	maxDuration = 1 << 40
)

// next gives the fields of the next line; none at the end.
func (l *lines) next() [][]byte {
	for len(l.rest) > 0 {
		line, rest, _ := bytes.Cut(l.rest, []byte("\n"))
		l.rest = rest
		l.no++
		line, _, _ = bytes.Cut(line, []byte("#"))
		if f := bytes.Fields(line); len(f) > 0 {
			return f
		}
	}
	return nil
}

// numbers reads the next line as whole numbers that are not negative.
func (l *lines) numbers() ([]int64, error) {
	fields := l.next()
	out := make([]int64, len(fields))
	for i, f := range fields {
		v, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil || v < 0 || v > maxDuration {
			return nil, l.fault("%.40q is not a whole number from 0 to %d", f, int64(maxDuration))
		}
		out[i] = v
	}
	return out, nil
}

func (l *lines) fault(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{l.no}, args...)...)
}

// header reads how many jobs and machines there are. A third field, which some
// flexible files have, is their mean number of alternatives and not needed.
func (l *lines) header(fields int) (jobs, machines int, err error) {
	f := l.next()
	if len(f) < 2 || len(f) > fields {
		return 0, 0, l.fault("%d fields; the first line gives the number of jobs and of machines", len(f))
	}
	jobs, errJobs := strconv.Atoi(string(f[0]))
	machines, errMachines := strconv.Atoi(string(f[1]))
	if errJobs != nil || errMachines != nil || jobs < 1 || jobs > maxJobs || machines < 1 || machines > maxMachines {
		return 0, 0, l.fault("%.40q jobs on %.40q machines; from 1 to %d and %d are taken", f[0], f[1], maxJobs, maxMachines)
	}
	if len(f) == 3 {
		if _, err := strconv.ParseFloat(string(f[2]), 64); err != nil {
			return 0, 0, l.fault("%.40q is no number", f[2])
		}
	}
	return jobs, machines, nil
}

// end refuses lines behind the last job.
func (l *lines) end(jobs int) error {
	if l.next() != nil {
		return l.fault("is behind the last of the %d jobs that the first line gives", jobs)
	}
	return nil
}

// JobShop reads the format of the job shop instances: the number of jobs and of
// machines, then a line for every job with a machine, from 0, and a duration for
// each operation. Lines from # on are comments. Every job visits every machine
// once.
func JobShop(text []byte) (*schedule.Problem, error) {
	l := &lines{rest: text}
	jobs, machines, err := l.header(2)
	if err != nil {
		return nil, err
	}
	p := &schedule.Problem{Machines: make([]schedule.Machine, machines)}
	seen := make([]int, machines)
	for j := range jobs {
		v, err := l.numbers()
		switch {
		case err != nil:
			return nil, err
		case len(v) == 0:
			return nil, l.fault("the file ends after %d of %d jobs", j, jobs)
		case len(v) != 2*machines:
			return nil, l.fault("job %d has %d numbers; it needs a machine and a duration for each of %d machines", j, len(v), machines)
		}
		job := schedule.Job{Operations: make([]schedule.Operation, machines)}
		for i := range job.Operations {
			k := v[2*i]
			if k >= int64(machines) {
				return nil, l.fault("job %d operation %d: machine %d of %d, which count from 0", j, i, k, machines)
			}
			if seen[k] == j+1 {
				return nil, l.fault("job %d operation %d: machine %d is there twice; a job that comes back needs the format of flexible job shops", j, i, k)
			}
			seen[k] = j + 1
			job.Operations[i].Alternatives = []schedule.Alternative{{Machine: int(k), Duration: v[2*i+1]}}
		}
		p.Jobs = append(p.Jobs, job)
	}
	return p, l.end(jobs)
}

// FlexibleJobShop reads the format of the flexible job shop instances: as
// [JobShop], but a job's line begins with its number of operations, and each of
// these with the number of its alternatives.
func FlexibleJobShop(text []byte) (*schedule.Problem, error) {
	l := &lines{rest: text}
	jobs, machines, err := l.header(3)
	if err != nil {
		return nil, err
	}
	p := &schedule.Problem{Machines: make([]schedule.Machine, machines)}
	seen := make([]int, machines) // operations up to the one that names the machine
	count := 0
	for j := range jobs {
		v, err := l.numbers()
		if err != nil {
			return nil, err
		}
		if len(v) == 0 {
			return nil, l.fault("the file ends after %d of %d jobs", j, jobs)
		}
		job, err := l.flexible(j, v, seen, &count)
		if err != nil {
			return nil, err
		}
		p.Jobs = append(p.Jobs, job)
	}
	return p, l.end(jobs)
}

func (l *lines) flexible(j int, v []int64, seen []int, count *int) (schedule.Job, error) {
	job, machines := schedule.Job{}, len(seen)
	operations, v := v[0], v[1:]
	if operations < 1 || operations > int64(len(v)) {
		return job, l.fault("job %d is said to have %d operations; the line has %d numbers more", j, operations, len(v))
	}
	for i := range int(operations) {
		if len(v) == 0 {
			return job, l.fault("job %d ends after %d of %d operations", j, i, operations)
		}
		n := v[0]
		if n < 1 || n > int64(len(v)-1)/2 {
			return job, l.fault("job %d operation %d is said to have %d alternatives; the line has %d numbers more", j, i, n, len(v)-1)
		}
		var op schedule.Operation
		*count++
		for a := range int(n) {
			k := v[1+2*a]
			if k >= int64(machines) {
				return job, l.fault("job %d operation %d: machine %d of %d, which count from 0", j, i, k, machines)
			}
			if seen[k] == *count {
				return job, l.fault("job %d operation %d: machine %d is there twice", j, i, k)
			}
			seen[k] = *count
			op.Alternatives = append(op.Alternatives, schedule.Alternative{Machine: int(k), Duration: v[2+2*a]})
		}
		v = v[1+2*n:]
		job.Operations = append(job.Operations, op)
	}
	if len(v) > 0 {
		return job, l.fault("job %d: %d numbers behind its %d operations", j, len(v), operations)
	}
	return job, nil
}
