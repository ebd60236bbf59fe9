package file

import (
	"encoding/json"
	"fmt"

	"zhigai/calc/schedule"
)

// Problem reads a problem as JSON, with all that the model knows. Machines,
// families and the rest count from 0; a calendar has a name, so that machines
// can share it. Whatever is not known is refused with its path.
func Problem(data []byte) (*schedule.Problem, error) {
	p := &schedule.Problem{}
	calendars := map[string][]schedule.Window{}
	wanted := map[int]string{} // calendars of machines, which may come before them
	err := read(data, object(map[string]reader{
		"horizon":   whole(&p.Horizon),
		"calendars": calendarsOf(calendars),
		"machines": array(func(i int) reader {
			p.Machines = append(p.Machines, schedule.Machine{})
			return machine(&p.Machines[i], func(name string) { wanted[i] = name })
		}),
		"jobs": array(func(i int) reader {
			p.Jobs = append(p.Jobs, schedule.Job{Weight: 1})
			return job(&p.Jobs[i])
		}),
		"resources": array(func(i int) reader {
			p.Resources = append(p.Resources, schedule.Resource{})
			return resource(&p.Resources[i])
		}),
	}, "machines", "jobs"))
	if err != nil {
		return nil, err
	}
	for i := range p.Machines {
		name, has := wanted[i]
		if !has {
			continue
		}
		if p.Machines[i].Open, has = calendars[name]; !has {
			return nil, fmt.Errorf("machines[%d].calendar: there is no calendar %q", i, name)
		}
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p, positive(p)
}

// positive refuses operations that take no time: in a shop they are a mistake.
func positive(p *schedule.Problem) error {
	for j := range p.Jobs {
		for i, o := range p.Jobs[j].Operations {
			for k, a := range o.Alternatives {
				if a.Duration == 0 {
					return fmt.Errorf("jobs[%d].operations[%d].alternatives[%d].duration: must be more than 0", j, i, k)
				}
			}
		}
	}
	return nil
}

// calendarsOf reads calendars by name: lists of windows, each [from, to].
func calendarsOf(to map[string][]schedule.Window) reader {
	return func(path string, raw json.RawMessage) error {
		var named map[string]json.RawMessage
		if err := json.Unmarshal(raw, &named); err != nil || named == nil {
			return fmt.Errorf("%s: is no object", path)
		}
		for name, value := range named {
			windows := []schedule.Window{}
			at := path + "." + name
			if err := array(func(int) reader {
				return func(path string, raw json.RawMessage) error {
					var w []int64
					if err := json.Unmarshal(raw, &w); err != nil || len(w) != 2 {
						return fmt.Errorf("%s: %.40s is no window [from, to]", path, raw)
					}
					windows = append(windows, schedule.Window{From: w[0], To: w[1]})
					return nil
				}
			})(at, value); err != nil {
				return err
			}
			if len(windows) == 0 {
				return fmt.Errorf("%s: has no window, so that nothing could ever run", at)
			}
			to[name] = windows
		}
		return nil
	}
}

func machine(m *schedule.Machine, calendar func(string)) reader {
	return object(map[string]reader{
		"name": text(&m.Name),
		"calendar": func(path string, raw json.RawMessage) error {
			var name string
			if err := text(&name)(path, raw); err != nil {
				return err
			}
			calendar(name)
			return nil
		},
		"capacity": whole(&m.Capacity),
		"ready":    whole(&m.Ready),
		"setup": array(func(i int) reader {
			m.Setup = append(m.Setup, nil)
			return array(func(j int) reader {
				m.Setup[i] = append(m.Setup[i], 0)
				return whole(&m.Setup[i][j])
			})
		}),
	})
}

// resource reads what operations need beside a machine; levels are [from, units].
func resource(r *schedule.Resource) reader {
	return object(map[string]reader{
		"name":   text(&r.Name),
		"units":  whole(&r.Units),
		"let_go": truth(&r.LetGo),
		"levels": array(func(int) reader {
			return func(path string, raw json.RawMessage) error {
				var l []int64
				if err := json.Unmarshal(raw, &l); err != nil || len(l) != 2 {
					return fmt.Errorf("%s: %.40s is no level [from, units]", path, raw)
				}
				r.Levels = append(r.Levels, schedule.Level{From: l[0], Units: l[1]})
				return nil
			}
		}),
	}, "units")
}

func job(j *schedule.Job) reader {
	return object(map[string]reader{
		"name":    text(&j.Name),
		"release": whole(&j.Release),
		"due":     maybe(&j.Due),
		"weight":  whole(&j.Weight),
		"operations": array(func(i int) reader {
			j.Operations = append(j.Operations, schedule.Operation{})
			return operation(&j.Operations[i])
		}),
	}, "operations")
}

func operation(o *schedule.Operation) reader {
	return object(map[string]reader{
		"name":          text(&o.Name),
		"family":        whole(&o.Family),
		"size":          whole(&o.Size),
		"interruptible": truth(&o.Interruptible),
		"material":      whole(&o.Material),
		"uses": array(func(i int) reader {
			o.Uses = append(o.Uses, schedule.Use{Units: 1})
			u := &o.Uses[i]
			return object(map[string]reader{"resource": whole(&u.Resource), "units": whole(&u.Units)}, "resource")
		}),
		"min_wait": whole(&o.MinWait),
		"max_wait": maybe(&o.MaxWait),
		"alternatives": array(func(i int) reader {
			o.Alternatives = append(o.Alternatives, schedule.Alternative{})
			a := &o.Alternatives[i]
			return object(map[string]reader{"machine": whole(&a.Machine), "duration": whole(&a.Duration)}, "machine", "duration")
		}),
		"after": func(path string, raw json.RawMessage) error {
			o.After = []schedule.Forerunner{} // without any it begins with the job
			return array(func(i int) reader {
				o.After = append(o.After, schedule.Forerunner{})
				f := &o.After[i]
				return object(map[string]reader{"op": whole(&f.Op), "min_wait": whole(&f.MinWait)}, "op")
			})(path, raw)
		},
		"locked": func(path string, raw json.RawMessage) error {
			o.Locked = &schedule.Lock{}
			return object(map[string]reader{"machine": whole(&o.Locked.Machine), "start": whole(&o.Locked.Start)}, "machine", "start")(path, raw)
		},
	}, "alternatives")
}

// Schedule reads a schedule as zhigai schedule prints it, or one of another
// program: a list of operations, and what it says its makespan is; nil when it
// says nothing.
func Schedule(data []byte) (s schedule.Schedule, makespan *int64, err error) {
	var bound int64
	err = read(data, object(map[string]reader{
		"makespan":    maybe(&makespan),
		"lower_bound": whole(&bound),
		"operations": array(func(i int) reader {
			s.Operations = append(s.Operations, schedule.Placed{})
			o := &s.Operations[i]
			return object(map[string]reader{
				"job": whole(&o.Job), "op": whole(&o.Op), "machine": whole(&o.Machine), "start": whole(&o.Start), "end": whole(&o.End),
			}, "job", "op", "machine", "start", "end")
		}),
	}, "operations"))
	return s, makespan, err
}
