package target

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"zhigai/access"
	"zhigai/plant"
)

// roll yields firms without values of their own but sales.
type roll []string

func (r roll) Firms(_ context.Context, _ plant.TenantNo, _ []access.Area, _ plant.Micros, _ int, yield func(Firm) error) error {
	for _, id := range r {
		if err := yield(Firm{ID: id, Values: map[string]Value{"sales_fen": {5, Audited}}}); err != nil {
			return err
		}
	}
	return nil
}

// returned are returns in order of firm; err ends them.
type returned struct {
	Registers
	list []Return
	err  error
}

func (r returned) ReturnsOf(_ context.Context, _ plant.TenantNo, _ []access.Area, _ int, yield func(Return) error) error {
	for _, one := range r.list {
		if err := yield(one); err != nil {
			return err
		}
	}
	return r.err
}

func returnsOf(firms ...string) (out []Return) {
	for _, f := range firms {
		out = append(out, Return{Firm: f, Name: "employees", Value: 1, Basis: Declared}, Return{Firm: f, Name: "machines", Value: 2, Basis: Audited})
	}
	return out
}

func (j Joined) seen(t *testing.T) (out map[string]map[string]Value, err error) {
	t.Helper()
	out = map[string]map[string]Value{}
	err = j.Firms(t.Context(), 1, []access.Area{{}}, 2022, func(f Firm) error { out[f.ID] = f.Values; return nil })
	return out, err
}

func TestJoined_PutsReturnsAndMachinesToTheirFirms(t *testing.T) {
	j := Joined{Roll: roll{"b", "d", "e"}, Registers: returned{list: append(returnsOf("a", "b", "c", "e", "f"), Return{Firm: "z", Name: "sales_fen"})}}
	j.Proved = func(context.Context, plant.TenantNo, []access.Area, int) (map[string]map[string]int64, error) {
		return map[string]map[string]int64{"e": {"machines": 9, "machines_networked": 3}, "nobody": {"machines": 1}}, nil
	}
	got, err := j.seen(t)
	if err != nil {
		t.Fatal(err)
	}
	sales := Value{5, Audited}
	want := map[string]map[string]Value{
		"b": {"sales_fen": sales, "employees": {1, Declared}, "machines": {2, Audited}},
		"d": {"sales_fen": sales},
		"e": {"sales_fen": sales, "employees": {1, Declared}, "machines": {9, Machine}, "machines_networked": {3, Machine}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("firms %v; want %v", got, want)
	}
}

func TestJoined_ManyMoreReturnsThanFirms(t *testing.T) {
	var many []string
	for i := range 2000 {
		many = append(many, fmt.Sprintf("f%04d", i))
	}
	for _, firms := range []roll{{"f0000"}, {}, {"a"}, {"f1999"}, {"z"}} {
		got, err := Joined{Roll: firms, Registers: returned{list: returnsOf(many...)}}.seen(t)
		if err != nil || len(got) != len(firms) {
			t.Errorf("%v: %v, %v", firms, got, err)
		}
	}
}

func TestJoined_PassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	if _, err := (Joined{Roll: roll{"a", "z"}, Registers: returned{list: returnsOf("a"), err: broken}}).seen(t); !errors.Is(err, broken) {
		t.Errorf("returns that end in an error: %v", err)
	}
	j := Joined{Roll: roll{"a", "b"}, Registers: returned{list: returnsOf("a", "b", "c")}}
	if err := j.Firms(t.Context(), 1, nil, 2022, func(Firm) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a reader that gives up: %v", err)
	}
	j.Proved = func(context.Context, plant.TenantNo, []access.Area, int) (map[string]map[string]int64, error) {
		return nil, broken
	}
	if _, err := j.seen(t); !errors.Is(err, broken) {
		t.Errorf("machines that cannot be read: %v", err)
	}
	j.Proved = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Firms(ctx, 1, nil, 2022, func(Firm) error { return nil }); err == nil {
		t.Error("given up, and no error")
	}
}
