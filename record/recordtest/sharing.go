package recordtest

import (
	"errors"
	"reflect"
	"testing"

	"zhigai/access"
	"zhigai/link"
	"zhigai/link/sharing"
)

// Sharing is what every keeper of sharing policies must do.
func Sharing(t *testing.T, s sharing.Store) {
	ctx := t.Context()
	if all, err := s.Policies(ctx, 1, 10); err != nil || len(all) != 0 {
		t.Fatalf("before anything was said: %+v, %v", all, err)
	}
	first := sharing.Kept{Policy: link.Policy{
		Model: true, Figures: []string{"machine-day"}, Records: []string{"seal"}, Tags: []link.TagRule{{Path: "**/count.*"}}, Evidence: []link.EvidenceRule{{Tags: []string{"count.*"}, Hours: 3}},
	}}
	one, err := s.SavePolicy(ctx, 1, first)
	must(t, err)
	if one.Rev != 1 || one.At == 0 {
		t.Errorf("saved as %+v", one)
	}
	if _, err := s.SavePolicy(ctx, 1, first); !errors.Is(err, access.ErrConflict) {
		t.Errorf("saved by somebody who read revision 0 of 1: %v", err)
	}
	two, err := s.SavePolicy(ctx, 1, sharing.Kept{Policy: link.Policy{Withdrawn: "合同终止"}, Rev: 1})
	must(t, err)
	all, err := s.Policies(ctx, 1, 10)
	must(t, err)
	if !reflect.DeepEqual(all, []sharing.Kept{two, one}) {
		t.Errorf("history %+v; want %+v", all, []sharing.Kept{two, one})
	}
	if newest, err := s.Policies(ctx, 1, 1); err != nil || len(newest) != 1 || newest[0].Policy.Withdrawn != "合同终止" {
		t.Errorf("newest %+v, %v", newest, err)
	}
	if other, err := s.Policies(ctx, 2, 10); err != nil || len(other) != 0 {
		t.Errorf("another tenant sees %+v, %v", other, err)
	}
}
