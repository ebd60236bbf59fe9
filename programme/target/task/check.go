package task

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
)

// Save checks and stores tasks, all or none.
func (d *Desk) Save(ctx context.Context, tenant plant.TenantNo, areas []access.Area, tasks []Task) ([]Task, error) {
	if len(tasks) == 0 || len(tasks) > maxSaved {
		return nil, fmt.Errorf("%w: tasks: %d; 1 to %d are stored together", target.ErrInvalid, len(tasks), maxSaved)
	}
	units, err := d.Units(ctx, tenant)
	if err != nil {
		return nil, err
	}
	for i, t := range tasks {
		if err := d.check(ctx, tenant, areas, units, t); err != nil {
			return nil, fmt.Errorf("tasks[%d]: %w", i, err)
		}
	}
	return d.Store.SaveTasks(ctx, tenant, tasks)
}

func (d *Desk) check(ctx context.Context, tenant plant.TenantNo, areas []access.Area, units Register, t Task) error {
	if t.ID != "" {
		was, err := d.Store.Task(ctx, tenant, t.ID)
		switch {
		case err != nil:
			return err
		case !Visible(areas, was.Region):
			return fmt.Errorf("task %s: %w", t.ID, access.ErrNotFound)
		case was.Target != t.Target || was.Year != t.Year || was.Parent != t.Parent:
			return fmt.Errorf("%w: target, year and parent of a task stay; take it back and enter another", target.ErrInvalid)
		}
	}
	if !Visible(areas, t.Region) {
		return fmt.Errorf("%w: region %s lies outside what you keep", access.ErrForbidden, t.Region)
	}
	if t.Year < 1949 || t.Year > 2100 {
		return fmt.Errorf("%w: year %d; write one of 1949 to 2100", target.ErrInvalid, t.Year)
	}
	last := min(target.Year(t.Year).To-1, max(plant.MicrosOf(d.Now()), target.Year(t.Year).From))
	if err := d.Targets.Division(t.Region, last); err != nil {
		return fmt.Errorf("%w: region: %w", target.ErrInvalid, err)
	}
	if err := d.checkPlan(t); err != nil {
		return err
	}
	if _, ok := units[t.Unit]; !ok {
		return fmt.Errorf("%w: unit %q is not in the register of organisations", target.ErrInvalid, t.Unit)
	}
	if t.Parent == "" {
		return nil
	}
	return d.checkParent(ctx, tenant, t)
}

func (d *Desk) checkPlan(t Task) error {
	all := d.Targets.Book.Targets()
	i := slices.IndexFunc(all, func(g target.Target) bool { return g.ID == t.Target })
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{target.ErrInvalid}, args...)...)
	}
	switch {
	case i < 0:
		return bad("target %q is not known", t.Target)
	case all[i].Status != target.Numeric && t.Planned != nil:
		return bad("planned: %s has no number; say in duty what is to be done, and how far it is", t.Target)
	case all[i].Status == target.Numeric && t.Planned == nil && !t.Void:
		return bad("planned: %s is numeric; write what is to be reached", t.Target)
	case t.Planned != nil && (math.IsNaN(*t.Planned) || math.IsInf(*t.Planned, 0) || *t.Planned < 0):
		return bad("planned: write a number that is not negative")
	case all[i].Status == target.Numeric && t.Progress != "":
		return bad("progress: what was reached of %s is computed", t.Target)
	case !slices.Contains([]Progress{"", Open, Running, Done}, t.Progress):
		return bad("progress %q; write open, running or done", t.Progress)
	case utf8.RuneCountInString(t.Duty) > maxText || utf8.RuneCountInString(t.Remark) > maxText || utf8.RuneCountInString(t.Person) > maxName:
		return bad("duty and remark have at most %d letters, person %d", maxText, maxName)
	}
	if t.Deadline != "" {
		if _, err := time.Parse(time.DateOnly, t.Deadline); err != nil || t.Deadline < fmt.Sprintf("%04d-01-01", t.Year) {
			return bad("deadline %q; write a day of the year or later, 2022-12-31", t.Deadline)
		}
	}
	return nil
}

const (
	maxText = 500 // letters: a paragraph of a plan
	maxName = 60  // letters: names with a post
)

// checkParent: a part is of the same target and year and lies in the division
// of the whole.
func (d *Desk) checkParent(ctx context.Context, tenant plant.TenantNo, t Task) error {
	whole, err := d.Store.Task(ctx, tenant, t.Parent)
	if errors.Is(err, access.ErrNotFound) {
		return fmt.Errorf("%w: parent: there is no task %q", target.ErrInvalid, t.Parent)
	}
	if err != nil {
		return err
	}
	if whole.ID == t.ID || whole.Void || whole.Target != t.Target || whole.Year != t.Year || !inside(t.Region, whole.Region) {
		return fmt.Errorf("%w: parent: a part has the target and year of the whole (%s, %d) and lies within %s", target.ErrInvalid, whole.Target, whole.Year, whole.Region)
	}
	return nil
}

func inside(region, whole string) bool {
	prefix := plant.RegionPrefix(whole)
	return len(region) >= len(prefix) && region[:len(prefix)] == prefix
}
