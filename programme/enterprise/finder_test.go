package enterprise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/plant"
)

// What is found in strings that stand one behind another is what a look at
// each of them finds, whatever lies between the hits.
func TestText(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var all text
		var each []string
		for range rnd.IntN(400) {
			s := strings.Repeat("轴x", rnd.IntN(3)) + strings.Repeat("b", rnd.IntN(5))
			if rnd.IntN(20) == 0 {
				s += "z"
			}
			all.add(s)
			each = append(each, s)
		}
		for _, part := range []string{"z", "轴", "bb", "x轴", "xb", "q"} {
			var got, want []int
			all.each([]byte(part), func(i int) { got = append(got, i) })
			for i, s := range each {
				if strings.Contains(s, part) {
					want = append(want, i)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%q: %v; want %v", part, got, want)
			}
		}
	}
}

// compare is how places stand in an order, by what they say themselves.
func compare(by Sort, a, b Place) int {
	c := cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
	if by.Descends() {
		return -c
	}
	return c
}

// book is a store of entries in the order of their changes.
type book struct {
	Store
	entries []Entry
}

func (b *book) Entries(_ context.Context, _ plant.TenantNo, after int64, limit int) ([]Entry, error) {
	i := slices.IndexFunc(b.entries, func(e Entry) bool { return e.Seq > after })
	if i < 0 {
		return nil, nil
	}
	return b.entries[i:min(i+limit, len(b.entries))], nil
}

// change writes entries of firms that are there, or new ones.
func (b *book) change(rnd *rand.Rand, n int) {
	for range n {
		e := Entry{
			ID: fmt.Sprint("F", rnd.IntN(9000)), Seq: int64(len(b.entries) + 1), Gone: rnd.IntN(20) == 0, Region: []string{"330624", "330102", "330203"}[rnd.IntN(3)], Sector: []string{"C3451", "C1711"}[rnd.IntN(2)],
			Sales: rnd.Int64N(500) - 1, AboveScale: rnd.IntN(3) == 0,
		}
		name := []string{"宏达", "恒远", "abc"}[rnd.IntN(3)] + fmt.Sprint(rnd.IntN(3000)) + []string{"轴承", "机械"}[rnd.IntN(2)] + "有限公司"
		e.Sort, e.Search, e.Spelling = name, name, []string{"hd", "hongda", "zc", "yxgs"}[rnd.IntN(4)]+" x"
		if rnd.IntN(2000) == 0 {
			e.Search += "独一家"
		}
		b.entries = append(b.entries, e)
	}
}

// found is what a look at each entry finds.
func (b *book) found(areas []access.Area, q Filter, after Place, limit int) []Place {
	last := map[string]int{}
	for i, e := range b.entries {
		last[e.ID] = i
	}
	var out []Place
	for i := range b.entries {
		e := &b.entries[i]
		fits := last[e.ID] == i && !e.Gone && q.fits(e) && slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(e.Region, e.Sector, e.ID) })
		for term := range strings.FieldsSeq(q.Text) {
			fits = fits && (strings.Contains(e.Search, term) || strings.Trim(term, letters) == "" && strings.Contains(e.Spelling, term))
		}
		if p := e.place(q.Sort); fits && (after.ID == "" || compare(q.Sort, p, after) > 0) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b Place) int { return compare(q.Sort, a, b) })
	return out[:min(limit, len(out))]
}

// TestFinder_AsALookAtEach: page by page, in every order, for rare and frequent
// words, while firms change: what is found is what a look at each entry finds.
func TestFinder_AsALookAtEach(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	b := &book{}
	b.change(rnd, 30_000)
	f := &Finder{Store: b}
	asked := 0
	for range 3 {
		b.change(rnd, rnd.IntN(4000))
		for _, text := range []string{"轴承", "有限公司", "独一家", "a", "yxgs", "zc 宏达", "12 轴承", "没有"} {
			for _, q := range []Filter{{}, {Sort: BySales}, {Sort: ByChanged}, {Region: "3306", Sort: BySales}, {Industry: "C17", AboveScale: true}} {
				q.Text = text
				areas := [][]access.Area{{{}}, {{Region: "330102"}, {Sector: "C34"}}}[rnd.IntN(2)]
				var after Place
				for range 3 {
					got, err := f.Find(t.Context(), 1, areas, q, after, 50)
					if err != nil {
						t.Fatal(err)
					}
					if want := b.found(areas, q, after, 50); !slices.Equal(got, want) {
						t.Fatalf("%+v behind %+v: %d found, %v; want %d, %v", q, after, len(got), got, len(want), want)
					}
					asked++
					if len(got) == 0 {
						break
					}
					after = got[len(got)-1]
				}
			}
		}
	}
	if asked < 200 {
		t.Errorf("%d pages were compared; want some hundreds", asked)
	}
	if _, err := f.Find(t.Context(), 1, []access.Area{{}}, Filter{Text: "轴", Sort: BySales}, Place{Key: "x", ID: "y"}, 50); !errors.Is(err, ErrInvalid) {
		t.Errorf("a cursor that nobody gave: %v; want ErrInvalid", err)
	}
}
