package expert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"zhigai/plant"
)

// Need is what a team is to be found for.
type Need struct {
	Firm   Firm
	Fields []string // of technology
	From   string   // first day
	To     string   // last day
}

// Reason why somebody is not proposed. Of those that bar, the officer cannot
// decide otherwise.
type Reason struct {
	Code string     `json:"code" enum:"interest,not_valid,in_team,declined,full,region,skill"`
	Text plant.Name `json:"text"`
	Bars bool       `json:"bars,omitempty" doc:"Sending the person is refused"`
}

// Candidate is somebody of the register held against a need.
type Candidate struct {
	Expert       string   `json:"expert"`
	Name         string   `json:"name"`
	Organisation string   `json:"organisation"`
	Region       string   `json:"region"`
	Fields       []string `json:"fields" nullable:"false" doc:"Of those that are needed, the ones the person knows"`
	Sector       int      `json:"sector" doc:"Letters and digits of the firm's class that the person's best match has; 0: none"`
	Distance     int      `json:"distance" doc:"0 the same county, 1 the same city, 2 the same province, 3 beyond"`
	Load         int      `json:"load" doc:"Open assignments"`
	Capacity     int      `json:"capacity"`
	Out          []Reason `json:"out" nullable:"false" doc:"Why the person is not proposed; empty: proposed"`
}

// Rank holds every expert against a need: those who are proposed first, by what
// they know of it, how near they are and how much room they have; those who are
// not after them, with the reasons. load counts open assignments by expert, team
// says who is in the team already or declined.
func Rank(need Need, experts []Expert, load map[string]int, team []Assignment) []Candidate {
	out := make([]Candidate, 0, len(experts))
	for _, e := range experts {
		c := Candidate{Expert: e.ID, Name: e.Name, Organisation: e.Organisation, Region: e.Region, Fields: []string{}, Load: load[e.ID], Capacity: e.Capacity, Distance: distance(e.Region, need.Firm.Region)}
		for _, f := range need.Fields {
			if slices.Contains(e.Fields, f) {
				c.Fields = append(c.Fields, f)
			}
		}
		for _, s := range e.Sectors {
			if strings.HasPrefix(need.Firm.Sector, s) {
				c.Sector = max(c.Sector, len(s))
			}
		}
		c.Out = reasons(need, e, c, team)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(
			cmp.Compare(worst(a), worst(b)),
			cmp.Compare(len(b.Fields), len(a.Fields)),
			cmp.Compare(b.Sector, a.Sector),
			cmp.Compare(a.Distance, b.Distance),
			// Load by capacity without a division: a/x < b/y.
			cmp.Compare(a.Load*b.Capacity, b.Load*a.Capacity),
			strings.Compare(a.Name, b.Name),
			strings.Compare(a.Expert, b.Expert),
		)
	})
	return out
}

// worst groups candidates: proposed, left out, barred.
func worst(c Candidate) int {
	switch {
	case len(c.Out) == 0:
		return 0
	case slices.ContainsFunc(c.Out, func(r Reason) bool { return r.Bars }):
		return 2
	}
	return 1
}

// distance of two divisions by what their codes share.
func distance(a, b string) int {
	for far, digits := range []int{6, 4, 2} {
		if len(a) >= digits && len(b) >= digits && a[:digits] == b[:digits] {
			return far
		}
	}
	return 3
}

func reasons(need Need, e Expert, c Candidate, team []Assignment) []Reason {
	out := []Reason{}
	add := func(bars bool, code, zh, en string, args ...any) {
		out = append(out, Reason{code, plant.Name{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}, bars})
	}
	if t, ok := e.tie(need.Firm, need.From, need.To); ok {
		add(true, "interest", "与%[1]s有利益关系：%[2]s", "conflict of interest with %[1]s: %[3]s", need.Firm.Name, kindZH[t.Kind], t.Kind)
	}
	if e.Void || e.From > need.From || e.To != "" && e.To < need.To {
		add(true, "not_valid", "聘期不含 %[1]s 至 %[2]s", "not valid from %[1]s to %[2]s", need.From, need.To)
	}
	for _, a := range team {
		switch {
		case a.Expert != e.ID:
		case a.State == Assigned || a.State == Accepted:
			add(true, "in_team", "已在本次派遣中", "in the team already")
		case a.State == Declined:
			add(false, "declined", "已谢绝：%[1]s", "declined: %[1]s", a.Reason)
		}
	}
	if c.Load >= c.Capacity {
		add(false, "full", "在办 %[1]d 项，已达上限", "%[1]d open assignments, as many as the person takes", c.Load)
	}
	if len(e.Serves) > 0 && !slices.ContainsFunc(e.Serves, func(s string) bool { return strings.HasPrefix(need.Firm.Region, s) }) {
		add(false, "region", "不服务该地区", "does not serve the region")
	}
	if len(c.Fields) == 0 && c.Sector == 0 {
		add(false, "skill", "专长与行业、技术领域都不符", "knows neither the sector nor a field that is needed")
	}
	return out
}

var kindZH = map[string]string{"owner": "持股或任实际控制人", "employee": "任职", "supplier": "供应商", "adviser": "顾问", "relative": "亲属关系", "organisation": "任职单位"}

// tie is what binds the person to the firm on some day of [from, to].
func (e Expert) tie(f Firm, from, to string) (Interest, bool) {
	if sameName(e.Organisation, f.Name) {
		return Interest{Firm: f.ID, Organisation: e.Organisation, Kind: "organisation"}, true
	}
	for _, t := range e.Interests {
		same := t.Firm != "" && t.Firm == f.ID || t.Firm == "" && sameName(t.Organisation, f.Name)
		if same && overlaps(t.From, t.To, from, to) {
			return t, true
		}
	}
	return Interest{}, false
}

var plainName = strings.NewReplacer(" ", "", "　", "", "（", "(", "）", ")", "\t", "")

// sameName reports whether two names are one, however brackets and spaces are
// written.
func sameName(a, b string) bool {
	a, b = plainName.Replace(a), plainName.Replace(b)
	return a != "" && strings.EqualFold(a, b)
}
