package target

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"zhigai/access"
	"zhigai/plant"
)

// Kept is what the firms of one county add to every indicator.
type Kept struct {
	Region string
	Seq    uint64              // the facts' head when they were read
	Parts  map[string]KeptPart // by indicator; what nothing is added to is left out
}

// KeptPart is a county's part of one indicator, by its firms alone.
type KeptPart struct {
	Terms  map[string]int64 `json:"terms"`
	Known  Known            `json:"known"`
	Digest string           `json:"digest"` // of each firm's contribution
}

// KeptAs says what kept parts were folded of. Rules is a digest of all that they
// rest on beside facts of single counties.
type KeptAs struct {
	Year, Base int
	Rules      string
}

// KeptStore keeps parts of counties and knows which are of facts that have
// changed. Methods may be called concurrently.
type KeptStore interface {
	// Head rises with every change of a fact that targets are made of.
	Head(ctx context.Context, tenant plant.TenantNo) (uint64, error)
	// Kept gives all rows that were folded as this says; the one without a region
	// says that every county was, as of its Seq.
	Kept(ctx context.Context, tenant plant.TenantNo, as KeptAs) ([]Kept, error)
	// Changed gives the regions of which facts of one of the years changed behind
	// the number, with the number of the last change.
	Changed(ctx context.Context, tenant plant.TenantNo, after uint64, years []int) (map[string]uint64, error)
	// SaveKept puts rows in the place of those of their regions; all, in the place
	// of every row of the year and base.
	SaveKept(ctx context.Context, tenant plant.TenantNo, as KeptAs, all bool, rows []Kept) error
	// DropKept deletes every row.
	DropKept(ctx context.Context, tenant plant.TenantNo) error
}

// EntriesRegion is the region under which a change of register entries is told.
const EntriesRegion = "entries"

// Keeper answers for regions from parts of counties that are kept until a fact of
// theirs changes. What it answers is what [Fold] gives.
type Keeper struct {
	Book  *Book
	Facts Facts
	Store KeptStore
	// Rests is what firms' values of a year rest on beside facts of single firms,
	// in words; another answer makes every county fold again.
	Rests func(ctx context.Context, tenant plant.TenantNo, year int) (string, error)

	lock    sync.Mutex
	entries map[plant.TenantNo]*keptEntries
	folded  map[keptKey]*keptFold
}

type keptKey struct {
	tenant     plant.TenantNo
	year, base int
}

// keptFold are the parts of one year in memory.
type keptFold struct {
	lock  sync.Mutex // held while they are brought up to date
	as    KeptAs
	head  uint64 // they are right as of
	whole uint64 // every county was folded as of
	rows  map[string]Kept
}

// manyCounties are so many that reading all firms once is quicker than those of
// each by itself.
const manyCounties = 12

// keptVersion names what a part means; a change of meaning gets a new one.
const keptVersion = "target-county/1"

// whole reports whether kept parts answer the question: the asker may see
// counties whole, and no part of them is asked for.
func (q Question) whole() bool {
	return q.Sector == "" && !slices.ContainsFunc(q.Areas, func(a access.Area) bool { return a.Sector != "" || a.Enterprise != "" })
}

// sees reports whether the asker may see the county and asks for it.
func (q Question) sees(region string) bool {
	return strings.HasPrefix(region, q.Region) && slices.ContainsFunc(q.Areas, func(a access.Area) bool { return strings.HasPrefix(region, a.Region) })
}

// Fold is [Fold] from what is kept.
func (k *Keeper) Fold(ctx context.Context, tenant plant.TenantNo, indicators []*Indicator, q Question, lists Lists) ([]Result, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	all := foldings(indicators, q, lists)
	if err := k.fill(ctx, tenant, q, lists, all); err != nil {
		return nil, err
	}
	return resultsOf(all)
}

// fill gives foldings their entries and, from what is kept, their firms.
func (k *Keeper) fill(ctx context.Context, tenant plant.TenantNo, q Question, lists Lists, all []*folding) error {
	entries, err := k.Entries(ctx, tenant, whole, kindsOf(all))
	if err != nil {
		return err
	}
	for _, f := range all {
		f.learn(entries)
		f.countEntries(entries)
	}
	rows, err := k.counties(ctx, tenant, KeptAs{Year: q.Year, Base: q.Base}, lists)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if !q.sees(row.Region) {
			continue
		}
		for _, f := range all {
			if part, ok := row.Parts[f.ind.ID]; ok {
				f.addKept(row.Region, part)
			}
		}
	}
	return ctx.Err()
}

var whole = []access.Area{{}}

// counties are the parts of every county as the facts are now, in order.
func (k *Keeper) counties(ctx context.Context, tenant plant.TenantNo, as KeptAs, lists Lists) ([]Kept, error) {
	f := k.of(tenant, as)
	f.lock.Lock()
	defer f.lock.Unlock()
	head, err := k.Store.Head(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if as.Rules, err = k.rules(ctx, tenant, as, lists); err != nil {
		return nil, err
	}
	if err := k.bring(ctx, tenant, f, as, lists, head); err != nil {
		return nil, err
	}
	out := make([]Kept, 0, len(f.rows))
	for _, row := range f.rows {
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b Kept) int { return strings.Compare(a.Region, b.Region) })
	return out, nil
}

// State is another word after every change of what the question's answer is made
// of, and perhaps after others.
func (k *Keeper) State(ctx context.Context, tenant plant.TenantNo, q Question, lists Lists) (string, error) {
	changed, err := k.Store.Changed(ctx, tenant, 0, []int{0, q.Year, q.Base})
	if err != nil {
		return "", err
	}
	var last uint64
	for region, seq := range changed {
		if region == EntriesRegion || q.sees(region) {
			last = max(last, seq)
		}
	}
	rules, err := k.rules(ctx, tenant, KeptAs{Year: q.Year, Base: q.Base}, lists)
	return fmt.Sprintf("%d-%.16s", last, rules), err
}

// Warm brings what is kept of a year up to date, so that nobody waits for it.
func (k *Keeper) Warm(ctx context.Context, tenant plant.TenantNo, year, base int, lists Lists) error {
	_, err := k.counties(ctx, tenant, KeptAs{Year: year, Base: base}, lists)
	return err
}

// Forget deletes what is kept, of every year; it is folded again when somebody
// asks.
func (k *Keeper) Forget(ctx context.Context, tenant plant.TenantNo) error {
	k.lock.Lock()
	defer k.lock.Unlock()
	for key := range k.folded {
		if key.tenant == tenant {
			delete(k.folded, key)
		}
	}
	return k.Store.DropKept(ctx, tenant)
}

func (k *Keeper) of(tenant plant.TenantNo, as KeptAs) *keptFold {
	k.lock.Lock()
	defer k.lock.Unlock()
	key := keptKey{tenant, as.Year, as.Base}
	f := k.folded[key]
	if f == nil {
		if k.folded == nil || len(k.folded) >= maxKeptFolds {
			k.folded = map[keptKey]*keptFold{} // they are in the store
		}
		f = &keptFold{}
		k.folded[key] = f
	}
	return f
}

// maxKeptFolds bounds the years in memory: a trend of each of two base years and
// as many more.
const maxKeptFolds = 4 * maxYears

// bring makes the parts those of the facts as of head.
func (k *Keeper) bring(ctx context.Context, tenant plant.TenantNo, f *keptFold, as KeptAs, lists Lists, head uint64) error {
	if f.as != as {
		rows, err := k.Store.Kept(ctx, tenant, as)
		if err != nil {
			return err
		}
		f.take(as, rows)
	}
	if f.rows != nil && f.head == head {
		return nil
	}
	var stale []string
	if f.rows != nil {
		changed, err := k.Store.Changed(ctx, tenant, f.whole, []int{0, as.Year, as.Base})
		if err != nil {
			return err
		}
		for region, seq := range changed {
			if region != EntriesRegion && f.rows[region].Seq < seq {
				stale = append(stale, region)
			}
		}
		slices.Sort(stale)
	}
	all := f.rows == nil || len(stale) > manyCounties
	if all {
		stale = []string{""}
	}
	var rows []Kept
	for _, region := range stale {
		folded, err := k.county(ctx, tenant, as, lists, region, head)
		if err != nil {
			return err
		}
		rows = append(rows, folded...)
	}
	if all {
		rows = append(rows, Kept{Seq: head})
	}
	if len(rows) > 0 {
		if err := k.Store.SaveKept(ctx, tenant, as, all, rows); err != nil {
			return err
		}
	}
	if all {
		f.take(as, rows)
	}
	for _, row := range rows {
		if row.Region != "" {
			f.rows[row.Region] = row
		}
	}
	f.head = head
	return nil
}

// take starts from rows of the store; without the row that says that every county
// is there, from none.
func (f *keptFold) take(as KeptAs, rows []Kept) {
	f.as, f.rows, f.head, f.whole = as, nil, 0, 0
	at := slices.IndexFunc(rows, func(r Kept) bool { return r.Region == "" })
	if at < 0 {
		return
	}
	f.whole, f.rows = rows[at].Seq, make(map[string]Kept, len(rows))
	for _, row := range rows {
		if row.Region != "" {
			f.rows[row.Region] = row
		}
	}
}

// county folds the firms of the region, or of every county with region "".
func (k *Keeper) county(ctx context.Context, tenant plant.TenantNo, as KeptAs, lists Lists, region string, head uint64) ([]Kept, error) {
	q := Question{Region: region, Year: as.Year, Base: as.Base, Areas: []access.Area{{Region: region}}}
	var all []*folding
	for _, ind := range k.Book.Indicators() {
		if len(ind.Population) > 0 {
			all = append(all, newFolding(ind, q, lists))
		}
	}
	entries, err := k.Entries(ctx, tenant, whole, kindsOf(all))
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		f.learn(entries)
	}
	if err := scanFirms(ctx, tenant, k.Facts, q, all); err != nil {
		return nil, err
	}
	rows := map[string]Kept{}
	if region != "" {
		rows[region] = Kept{Region: region, Seq: head, Parts: map[string]KeptPart{}} // of none: nothing is added
	}
	for _, f := range all {
		for at, part := range f.parts {
			row, ok := rows[at]
			if !ok {
				row = Kept{Region: at, Seq: head, Parts: map[string]KeptPart{}}
				rows[at] = row
			}
			row.Parts[f.ind.ID] = KeptPart{Terms: part.Terms, Known: part.Known, Digest: part.ofFirms()}
		}
	}
	out := make([]Kept, 0, len(rows))
	for _, row := range rows {
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b Kept) int { return strings.Compare(a.Region, b.Region) })
	return out, nil
}

// rules are a digest of all that parts rest on beside the facts of their county.
func (k *Keeper) rules(ctx context.Context, tenant plant.TenantNo, as KeptAs, lists Lists) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, keptVersion, lists.Incentive)
	for _, ind := range k.Book.Indicators() {
		fmt.Fprintln(h, ind.ID, ind.Version)
	}
	for _, year := range []int{as.Year, as.Base} {
		if year == 0 {
			continue
		}
		rests, err := k.Rests(ctx, tenant, year)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, year, rests)
	}
	selected, err := k.Entries(ctx, tenant, whole, []string{selectedKind})
	if err != nil {
		return "", err
	}
	for _, e := range selected {
		fmt.Fprintln(h, e.Sector, e.From, e.To)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
