package recordtest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/equipment"
)

// Tags tests equipment.Tags.
func Tags(t *testing.T, open func(t *testing.T) equipment.Tags) {
	t.Run("RevisionRisesWithChanges", func(t *testing.T) { tagsRevision(t, open(t)) })
	t.Run("NumbersStay", func(t *testing.T) { tagsStay(t, open(t)) })
	t.Run("ScopeAndTenant", func(t *testing.T) { tagsScope(t, open(t)) })
	t.Run("ConcurrentNumbering", func(t *testing.T) { tagsConcurrent(t, open(t)) })
}

func ensured(t *testing.T, s equipment.Tags, tenant plant.TenantNo, tags ...plant.Tag) []plant.Tag {
	t.Helper()
	out, err := s.EnsureTags(t.Context(), tenant, tags)
	if err != nil {
		t.Fatalf("EnsureTags: %v", err)
	}
	return out
}

func tag(node plant.NodeID, path, name string) plant.Tag {
	return plant.Tag{Node: node, Path: path + "/" + name, Name: name, Kind: plant.KindNumber, Retention: plant.RetainLong}
}

func revision(t *testing.T, s equipment.Tags, tenant plant.TenantNo) int64 {
	t.Helper()
	rev, err := s.TagsRevision(t.Context(), tenant)
	if err != nil {
		t.Fatalf("TagsRevision: %v", err)
	}
	return rev
}

func tagsRevision(t *testing.T, s equipment.Tags) {
	if rev := revision(t, s, 1); rev != 0 {
		t.Errorf("revision without tags = %d; want 0", rev)
	}
	one, other := tag("n1", "a/m1", "x"), tag("n1", "a/m1", "y")
	ensured(t, s, 1, one, other)
	first := revision(t, s, 1)
	ensured(t, s, 1, one)
	ensured(t, s, 2, one)
	if rev := revision(t, s, 1); first == 0 || rev != first {
		t.Errorf("revision = %d, then %d though nothing changed", first, rev)
	}
	one.Unit = "mm"
	ensured(t, s, 1, one)
	second := revision(t, s, 1)
	ensured(t, s, 1, tag("n1", "a/m1", "z"))
	if third := revision(t, s, 1); second <= first || third <= second {
		t.Errorf("revisions = %d, %d with another unit, %d with a new tag; want them to rise", first, second, third)
	}
}

func tagsStay(t *testing.T, s equipment.Tags) {
	limit := 12.5
	full := tag("n1", "a/m1", "spindle.speed")
	full.Title, full.Unit, full.Min, full.Silence = plant.Name{ZH: "主轴转速", EN: "Spindle"}, "/min", &limit, 15*time.Second
	full.Values = map[int64]plant.Name{-1: {ZH: "坏"}, 3: {ZH: "好"}}
	first := ensured(t, s, 1, full, tag("n1", "a/m1", "count.good"), tag("n2", "a/m2", "spindle.speed"))
	if first[0].No == 0 || first[0].No == first[1].No || first[1].No == first[2].No {
		t.Fatalf("numbers = %+v; want three", first)
	}
	moved := tag("n1", "b/m1", "spindle.speed")
	moved.Kind = plant.KindText
	second := ensured(t, s, 1, tag("n1", "a/m1", "new"), moved, tag("n2", "a/m2", "spindle.speed"))
	if second[1].No != first[0].No || second[2].No != first[2].No || second[0].No <= first[2].No {
		t.Errorf("numbers the second time = %+v; want those of %+v and a new one", second, first)
	}
	got, err := s.TagByNo(t.Context(), access.Scope{Tenant: 1}, first[0].No)
	moved.No = first[0].No
	if err != nil || !reflect.DeepEqual(got, moved) {
		t.Errorf("TagByNo = %+v, %v; want what was said last, %+v", got, err, moved)
	}
	full.No = first[0].No
	ensured(t, s, 1, full)
	if got, err := s.TagByNo(t.Context(), access.Scope{Tenant: 1}, full.No); err != nil || !reflect.DeepEqual(got, full) {
		t.Errorf("TagByNo = %+v, %v; want %+v", got, err, full)
	}
	twice := ensured(t, s, 1, tag("n3", "a/m3", "x"), tag("n3", "a/m3", "x"))
	if twice[0].No != twice[1].No || twice[0].No == 0 {
		t.Errorf("one tag twice in a call = %+v; want one number", twice)
	}
	if _, err := s.EnsureTags(t.Context(), 1, []plant.Tag{{Name: "x"}}); !errors.Is(err, access.ErrInvalid) {
		t.Errorf("tag without a node: %v; want ErrInvalid", err)
	}
}

func tagsScope(t *testing.T, s equipment.Tags) {
	one := ensured(t, s, 1, tag("n1", "a/x_1/m1", "x"), tag("n2", "a/xy1/m2", "x"))
	two := ensured(t, s, 2, tag("n1", "a/x_1/m1", "x"))
	if two[0].No != 1 || one[0].No != 1 {
		t.Errorf("first numbers of two tenants = %d, %d; want 1 and 1", one[0].No, two[0].No)
	}
	for path, want := range map[string]int{"": 2, "a": 2, "a/x_1": 1, "a/x_1/m1": 1, "a/x": 0, "b": 0} {
		got, err := s.Tags(t.Context(), access.Scope{Tenant: 1, Path: path})
		if err != nil || len(got) != want {
			t.Errorf("Tags(%q) = %+v, %v; want %d", path, got, err, want)
		}
	}
	for _, scope := range []access.Scope{{Tenant: 1, Path: "a/xy1"}, {Tenant: 3}, {}} {
		if _, err := s.TagByNo(t.Context(), scope, one[0].No); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("TagByNo(%+v): %v; want ErrNotFound", scope, err)
		}
	}
}

func tagsConcurrent(t *testing.T, s equipment.Tags) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 20 {
				if _, err := s.EnsureTags(t.Context(), 1, []plant.Tag{tag("n", "a/m", fmt.Sprint("t", i))}); err != nil {
					t.Errorf("EnsureTags: %v", err)
				}
			}
		})
	}
	all.Wait()
	got, err := s.Tags(t.Context(), access.Scope{Tenant: 1})
	if err != nil || len(got) != 20 || got[19].No != 20 {
		t.Errorf("after concurrent numbering: %d tags, %v; want 20, numbered 1-20", len(got), err)
	}
}
