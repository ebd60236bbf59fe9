package link_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"zhigai/link"
)

// A journal put back from a backup counts sequences again that the parent has:
// they are other items and must not be taken for those.
func TestRestore_OfTheChild(t *testing.T) {
	for _, grown := range []int{5, 80} { // shorter and longer than what the parent has
		bubble(t, func(t *testing.T, p *pair) {
			p.fill(50)
			p.start()
			p.reach(50)
			backup := p.journal.Copy()
			p.fill(30)
			p.reach(80)
			p.stop()
			p.journal = backup
			other := func(seq uint64) []byte {
				if seq > 50 {
					return fmt.Appendf(nil, "other %d", seq)
				}
				return text(seq)
			}
			var last uint64
			for i := range grown {
				last = p.journal.Append(time.Now(), other(51+uint64(i)))
			}
			p.start()
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if err := p.sink.Await(ctx, func() bool {
				at, _ := p.sink.Progress(ctx, mill, link.StreamHistory)
				return at.Epoch == 2 && at.Ranges.Prefix() == last
			}); err != nil {
				t.Fatal(err)
			}
			if err := p.sink.Check(mill, link.StreamHistory, 2, 1, last, func(seq uint64) ([]byte, bool) { return other(seq), true }); err != nil {
				t.Error(err)
			}
			p.stop()
			p.start()
			last = p.journal.Append(time.Now(), []byte("more"))
			p.reach(last)
		})
	}
}

func TestRestore_OfTheParent(t *testing.T) {
	bubble(t, func(t *testing.T, p *pair) {
		p.fill(50)
		p.start()
		p.reach(50)
		backup := p.sink.Copy()
		p.fill(30)
		p.reach(80)
		p.stop()
		p.sink = backup
		p.parent = p.newParent()
		p.wire.SetParent(p.parent)
		p.fill(10)
		p.start()
		p.reach(90)
		p.check(1, 1, 90)
	})
}
