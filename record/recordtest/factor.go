package recordtest

import (
	"errors"
	"reflect"
	"sync"
	"testing"

	"zhigai/access"
)

// accessFactors tests that a second factor is changed in one step.
func accessFactors(t *testing.T, s access.Store) {
	ctx := t.Context()
	_, err := s.Factor(ctx, 1, "u1")
	notFound(t, "Factor of nobody", err)
	first := access.Factor{Secret: "GEZDGNBV", Since: day, Confirmed: true, Step: 1, Recovery: []string{"a", "b"}}
	var seen *access.Factor
	set := func(f *access.Factor) error {
		return s.ChangeFactor(ctx, 1, "u1", func(was *access.Factor) (*access.Factor, error) { seen = was; return f, nil })
	}
	if err := set(&first); err != nil || seen != nil {
		t.Fatalf("ChangeFactor: %v, there was %+v", err, seen)
	}
	if got, err := s.Factor(ctx, 1, "u1"); err != nil || !reflect.DeepEqual(got, first) {
		t.Errorf("Factor = %+v, %v; want %+v", got, err, first)
	}
	if all, err := s.Factors(ctx); err != nil || len(all) != 1 || all[0] != (access.FactorOwner{Tenant: 1, User: "u1"}) {
		t.Errorf("Factors = %v, %v; want the one of u1", all, err)
	}
	_, err = s.Factor(ctx, 2, "u1")
	notFound(t, "Factor for a foreign tenant", err)
	wrong := errors.New("wrong code")
	if err := s.ChangeFactor(ctx, 1, "u1", func(*access.Factor) (*access.Factor, error) { return nil, wrong }); !errors.Is(err, wrong) {
		t.Errorf("a change that is refused: %v", err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := s.ChangeFactor(ctx, 1, "u1", func(f *access.Factor) (*access.Factor, error) {
				next := *f
				next.Step++
				return &next, nil
			})
			if err != nil {
				t.Errorf("ChangeFactor: %v", err)
			}
		})
	}
	all.Wait()
	if got, err := s.Factor(ctx, 1, "u1"); err != nil || got.Step != 9 {
		t.Errorf("after eight steps at a time: %+v, %v; want step 9", got, err)
	}
	if err := set(nil); err != nil {
		t.Fatal(err)
	}
	_, err = s.Factor(ctx, 1, "u1")
	notFound(t, "Factor after removal", err)
}
