package programme

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
	"zhigai/programme/target/task"
	"zhigai/web"
)

// TaskFilter narrows the list of tasks.
type TaskFilter struct {
	Year   int    `query:"year" required:"true" minimum:"1949" maximum:"2100"`
	Target string `query:"target" maxLength:"20" doc:"Id of a target"`
	Region string `query:"region" pattern:"^[0-9]{0,6}$" doc:"Beginning of a division code"`
	Unit   string `query:"unit" maxLength:"60" doc:"Id of the responsible unit"`
}

func (f TaskFilter) filter() task.Filter {
	return task.Filter{Year: f.Year, Target: f.Target, Region: plant.RegionPrefix(f.Region), Unit: f.Unit}
}

// TasksIn are tasks that are to be stored together.
type TasksIn struct {
	Tasks []task.Task `json:"tasks" nullable:"false" minItems:"1" maxItems:"200"`
}

type taskOut struct {
	ETag string `header:"ETag"`
	Body task.Task
}

func (r *rooms) registerTasks() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/target-tasks", ID: "target-tasks", Summary: "Targets divided by unit, division and year, with what was reached", Tag: "programme", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *TaskFilter) (*web.ListOut[task.Row], error) {
			who := web.Who(ctx)
			rows, err := r.Tasks.List(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), in.filter())
			return web.NewList(rows, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/target-tasks/export", ID: "export-target-tasks", Summary: "The list of tasks as offices hand it round, in Excel", Tag: "programme", Needs: access.ReadFirms, Heavy: true},
		func(ctx context.Context, in *TaskFilter) (*huma.StreamResponse, error) {
			return r.exportTasks(ctx, *in)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/target-tasks", ID: "add-target-tasks", Summary: "Enter tasks, or divide one into parts: all or none", Tag: "programme", Needs: access.KeepFirms, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body TasksIn }) (*web.ListOut[task.Task], error) {
			for i, t := range in.Body.Tasks {
				if t.ID != "" || t.Rev != 0 {
					return nil, web.Invalid(fmt.Sprintf("body.tasks[%d].id", i), "a new task gets its id here; leave id and rev out")
				}
			}
			who := web.Who(ctx)
			saved, err := r.Tasks.Save(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), in.Body.Tasks)
			if err != nil {
				return nil, err
			}
			return web.NewList(saved, ""), r.api.Audit(ctx, "task.add", saved[0].Target+"/"+saved[0].ID, nil, saved)
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/target-tasks/{id}", ID: "change-target-task", Summary: "Change a task or take it back; what it was stays in its history", Tag: "programme", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the task you changed"`
			Body    task.Task
		},
		) (*taskOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			who := web.Who(ctx)
			was, err := r.taskOf(ctx, access.KeepFirms, in.ID)
			if err != nil {
				return nil, err
			}
			in.Body.ID, in.Body.Rev = in.ID, rev
			saved, err := r.Tasks.Save(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), []task.Task{in.Body})
			if err != nil {
				return nil, err
			}
			return &taskOut{ETag: web.ETag(saved[0].Rev), Body: saved[0]}, r.api.Audit(ctx, "task.change", saved[0].Target+"/"+in.ID, was, saved[0])
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/target-tasks/{id}/history", ID: "target-task-history", Summary: "Every revision of a task, oldest first", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*web.ListOut[task.Change], error) {
			if _, err := r.taskOf(ctx, access.ReadFirms, in.ID); err != nil {
				return nil, err
			}
			out, err := r.Tasks.Store.TaskHistory(ctx, web.Who(ctx).Scope.Tenant, in.ID)
			return web.NewList(out, ""), err
		})
	r.registerOrganisations()
}

// taskOf is a task whose division lies in what the permission reaches.
func (r *rooms) taskOf(ctx context.Context, perm access.Permission, id string) (task.Task, error) {
	who := web.Who(ctx)
	t, err := r.Tasks.Store.Task(ctx, who.Scope.Tenant, id)
	if err == nil && !task.Visible(who.Areas(perm), t.Region) {
		err = fmt.Errorf("task %s: %w", id, access.ErrNotFound)
	}
	return t, err
}

func (r *rooms) exportTasks(ctx context.Context, f TaskFilter) (*huma.StreamResponse, error) {
	who := web.Who(ctx)
	rows, err := r.Tasks.List(ctx, who.Scope.Tenant, who.Areas(access.ReadFirms), f.filter())
	if err != nil {
		return nil, err
	}
	name := func(code string) string {
		if d, ok := r.Firms.Codes.Regions.Get((code + "000000")[:6]); ok {
			return d.Name
		}
		return code
	}
	about := task.Sheet{Year: f.Year, At: plant.MicrosOf(r.api.Now()), Names: name}
	if f.Region != "" {
		about.Region = name(f.Region)
	}
	var b bytes.Buffer
	if err := task.Export(rows, about, &b); err != nil {
		return nil, err
	}
	return sheetFile(fmt.Sprintf("tasks-%d.xlsx", f.Year), b.Bytes()), r.api.Audit(ctx, "task.export", fmt.Sprint(f.Year), nil, f)
}

// Organisation is a unit with what carries its duties today.
type Organisation struct {
	task.Unit
	Called string `json:"called" doc:"What carries its duties today"`
}

type organisationOut struct {
	ETag string `header:"ETag"`
	Body task.Unit
}

func (r *rooms) registerOrganisations() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/organisations", ID: "organisations", Summary: "Units that answer for tasks, with their successors", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, _ *struct{}) (*web.ListOut[Organisation], error) {
			all, err := r.Tasks.Units(ctx, web.Who(ctx).Scope.Tenant)
			if err != nil {
				return nil, err
			}
			today := target.DayOf(plant.MicrosOf(r.api.Now()))
			out := make([]Organisation, 0, len(all))
			for _, id := range slices.Sorted(maps.Keys(all)) {
				out = append(out, Organisation{all[id], all.Called(id, today)})
			}
			slices.SortStableFunc(out, func(a, b Organisation) int {
				return cmp.Or(strings.Compare(a.Region, b.Region), strings.Compare(a.Name, b.Name))
			})
			return web.NewList(out, ""), nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/organisations", ID: "add-organisation", Summary: "Enter a unit", Tag: "programme", Needs: access.KeepFirms, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body task.Unit }) (*organisationOut, error) {
			if in.Body.ID != "" || in.Body.Rev != 0 {
				return nil, web.Invalid("body.id", "a new unit gets its id here; leave id and rev out")
			}
			return r.saveOrganisation(ctx, in.Body, "organisation.add")
		})
	web.Handle(r.api, web.Op{Method: http.MethodPut, Path: "/organisations/{id}", ID: "change-organisation", Summary: "Correct a unit, or end it and say what took its duties over", Tag: "programme", Needs: access.KeepFirms},
		func(ctx context.Context, in *struct {
			ID      string `path:"id" maxLength:"60"`
			IfMatch string `header:"If-Match" required:"true" doc:"rev of the unit you changed; \"0\" of one that came with the product"`
			Body    task.Unit
		},
		) (*organisationOut, error) {
			rev, err := web.RevOf(in.IfMatch)
			if err != nil {
				return nil, err
			}
			in.Body.ID, in.Body.Rev = in.ID, rev
			return r.saveOrganisation(ctx, in.Body, "organisation.change")
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/organisations/{id}/history", ID: "organisation-history", Summary: "Every revision of a unit, oldest first", Tag: "programme", Needs: access.ReadFirms},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"60"`
		},
		) (*web.ListOut[task.UnitChange], error) {
			out, err := r.Tasks.Store.UnitHistory(ctx, web.Who(ctx).Scope.Tenant, in.ID)
			return web.NewList(out, ""), err
		})
}

func (r *rooms) saveOrganisation(ctx context.Context, u task.Unit, action string) (*organisationOut, error) {
	who := web.Who(ctx)
	was, saved, err := r.Tasks.SaveUnit(access.With(ctx, who), who.Scope.Tenant, who.Areas(access.KeepFirms), u)
	if err != nil {
		return nil, err
	}
	var before any
	if was.ID != "" {
		before = was
	}
	return &organisationOut{ETag: web.ETag(saved.Rev), Body: saved}, r.api.Audit(ctx, action, saved.ID, before, saved)
}
