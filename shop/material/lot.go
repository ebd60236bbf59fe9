package material

import (
	"cmp"
	"slices"
	"time"

	"zhigai/plant"
)

// Lot is a lot or a serial with where it came from (B2MML MaterialLot).
type Lot struct {
	ID      string        `json:"id" doc:"Item and number, parted by ':'"`
	Item    string        `json:"item"`
	Number  string        `json:"number"`
	Origin  Kind          `json:"origin,omitempty" enum:"received,produced,split,merged" doc:"How it came to be; left out of one that was only met"`
	Since   plant.Instant `json:"since,omitempty" doc:"When it came to be"`
	Began   plant.Instant `json:"began,omitempty" doc:"When making it began, if somebody said so"`
	By      string        `json:"by,omitempty"`
	Expires string        `json:"expires,omitempty" doc:"First day on which it must not be used"`
	Party   string        `json:"party,omitempty" doc:"Supplier"`
	Paper   string        `json:"paper,omitempty" doc:"Delivery note or certificate"`
	Order   string        `json:"order,omitempty" doc:"Number of the order that made it"`
	Job     int           `json:"job,omitempty"`
	Machine plant.NodeID  `json:"equipment,omitempty"`
	Blocked bool          `json:"blocked,omitempty"`
	Reason  string        `json:"reason,omitempty" doc:"Why it is blocked"`
	Note    string        `json:"note,omitempty" doc:"Why it may be used again"`
	Doubts  []Doubt       `json:"doubts" nullable:"false" doc:"It was used although it was blocked"`
}

// FoldLot makes a lot of the entries about it, whatever order they came in: the
// first that brought it tells its origin, the last word blocks it or not.
func FoldLot(id string, entries []Entry) Lot {
	l := Lot{ID: id, Doubts: []Doubt{}}
	l.Item, l.Number = PartsOf(id)
	for _, e := range slices.SortedStableFunc(slices.Values(entries), Entry.before) {
		switch {
		case e.What == Blocked && e.LotID() == id:
			l.Blocked, l.Reason, l.Note = true, e.Reason, ""
		case e.What == Unblocked && e.LotID() == id:
			l.Blocked, l.Reason, l.Note = false, "", e.Note
		case l.Blocked && e.uses() && e.LotID() == id:
			l.Doubts = append(l.Doubts, Doubt{Entry: e.ID, At: e.At, By: e.By, What: e.What, Why: "the lot was blocked: " + l.Reason})
		case l.Origin != "":
		case (e.What == Received || e.What == Produced) && e.LotID() == id:
			l.Origin, l.Since, l.Began, l.By = e.What, e.At, e.Began, e.By
			l.Expires, l.Party, l.Paper, l.Order, l.Job, l.Machine = e.Expires, e.Party, e.Paper, e.Order, e.Job, e.Machine
		case (e.What == Split || e.What == Merged) && e.IntoID() == id:
			l.Origin, l.Since, l.By, l.Expires = e.What, e.At, e.By, e.Expires
		}
	}
	return l
}

// uses says whether an entry does with a lot what a blocked one is not for.
func (e Entry) uses() bool { return e.What == Consumed || e.What == Shipped || e.What == Merged }

// zone is that of the days people write: one zone, by law, for all of China.
var zone = time.FixedZone("UTC+8", 8*60*60)

func day(t time.Time) string { return t.In(zone).Format(time.DateOnly) }

// Expired says whether it must not be used any more.
func (l Lot) Expired(now time.Time) bool { return l.Expires != "" && l.Expires <= day(now) }

// Link is a step of genealogy: something of the parent is in the child.
type Link struct {
	Parent string `json:"parent" doc:"Lot"`
	Child  string `json:"child" doc:"Lot"`
	// ByJob: both belong to one job and nobody said which piece went where, so that
	// every lot of the job may hold something of it.
	ByJob bool   `json:"by_job,omitempty" doc:"Known from the job alone: any lot of the job may hold some of it"`
	Entry string `json:"-"` // that says so
	Other string `json:"-"` // of a link by job: the entry that produced the child
}

// LinksOf are the steps of genealogy that an entry adds beside those that are
// known. same are the entries of its job: what was consumed for it, and what it
// produced.
func LinksOf(e Entry, same []Entry) []Link {
	switch {
	case e.What == Split, e.What == Merged, e.What == Consumed && e.Into != "":
		return []Link{{Parent: e.LotID(), Child: e.IntoID(), Entry: e.ID}}
	case e.What != Consumed && e.What != Produced || e.Order == "":
		return nil
	}
	var out []Link
	for _, o := range same {
		switch {
		case o.Order != e.Order || o.Job != e.Job || o.ID == e.ID:
		case e.What == Consumed && o.What == Produced:
			out = append(out, Link{Parent: e.LotID(), Child: o.LotID(), ByJob: true, Entry: e.ID, Other: o.ID})
		case e.What == Produced && o.What == Consumed && o.Into == "":
			out = append(out, Link{Parent: o.LotID(), Child: e.LotID(), ByJob: true, Entry: o.ID, Other: e.ID})
		}
	}
	slices.SortFunc(out, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child), cmp.Compare(a.Other, b.Other))
	})
	return out
}
