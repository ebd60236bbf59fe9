package link

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func seqs(items []Item) []uint64 {
	var out []uint64
	for _, it := range items {
		out = append(out, it.Seq)
	}
	return out
}

func TestFresh_OnlyWhatIsNew(t *testing.T) {
	at := Progress{Version: 7, Epoch: 2, Ranges: Ranges{{1, 10}, {15, 16}}, LastSeq: 16, LastSum: 5, LastRecorded: 160}
	part := func(epoch, from, to uint64, gaps ...Gap) parcel {
		d := parcel{Stream: StreamHistory, Epoch: epoch, From: from, To: to, Gaps: gaps}
		for seq := from; seq <= to && len(gaps) == 0; seq++ {
			d.Items = append(d.Items, Item{Seq: seq, Recorded: 10, Payload: fmt.Append(nil, seq)})
		}
		return d
	}
	for _, one := range []struct {
		name    string
		d       parcel
		items   []uint64
		gaps    []Range
		after   Ranges
		version uint64
		last    uint64
	}{
		{"all there", part(2, 3, 9), nil, nil, at.Ranges, 7, 16},
		{"the next ones", part(2, 11, 12), []uint64{11, 12}, nil, Ranges{{1, 12}, {15, 16}}, 8, 16},
		{"half of it there", part(2, 9, 12), []uint64{11, 12}, nil, Ranges{{1, 12}, {15, 16}}, 8, 16},
		{"there in the middle", part(2, 13, 18), []uint64{13, 14, 17, 18}, nil, Ranges{{1, 10}, {13, 18}}, 8, 18},
		{"before what is missing", part(2, 20, 21), []uint64{20, 21}, nil, Ranges{{1, 10}, {15, 16}, {20, 21}}, 8, 21},
		{"a gap of which a part arrived", part(2, 8, 18, Gap{From: 8, To: 18}), nil, []Range{{11, 14}, {17, 18}}, Ranges{{1, 18}}, 8, 16},
		{"a gap all of which arrived", part(2, 8, 9, Gap{From: 8, To: 9}), nil, nil, at.Ranges, 7, 16},
		{"a new epoch", part(3, 1, 2), []uint64{1, 2}, nil, Ranges{{1, 2}}, 8, 2},
	} {
		next, err := fresh(at, one.d)
		if err != nil {
			t.Errorf("%s: %v", one.name, err)
			continue
		}
		var gaps []Range
		for _, g := range next.Gaps {
			gaps = append(gaps, Range{g.From, g.To})
		}
		if !slices.Equal(seqs(next.Items), one.items) || !slices.Equal(gaps, one.gaps) || !slices.Equal(next.After.Ranges, one.after) ||
			next.After.Version != one.version || next.Before != 7 || next.After.LastSeq != one.last || next.After.Epoch != one.d.Epoch {
			t.Errorf("%s: %+v", one.name, next)
		}
	}
	if _, err := fresh(at, part(1, 1, 2)); !errors.Is(err, ErrRefused) {
		t.Errorf("an epoch that is over gives %v", err)
	}
	many := Progress{Version: 1, Epoch: 1}
	for i := range uint64(maxRanges) {
		many.Ranges = append(many.Ranges, Range{1 + 3*i, 1 + 3*i})
	}
	if _, err := fresh(many, part(1, 10_000, 10_000)); !errors.Is(err, ErrRefused) {
		t.Errorf("%d pieces give %v", maxRanges+1, err)
	}
}
