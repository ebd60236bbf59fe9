package figure

import (
	"context"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// MachineDay is what the base windows of a machine's local day add up to: small
// enough to be sent to whoever counts machines, and a digest to hold it against.
type MachineDay struct {
	Machine plant.Node
	// Enterprise is the machine's, the topmost node of its path.
	Enterprise plant.Node
	Date       string // 2022-05-31
	Window     Span
	Terms      map[string]int64
	Revision   int // the highest of its base windows
	AsOf       plant.Micros
	Closed     bool   // every base window of the day is closed
	Digest     string // of its rows
}

// MachineDays adds up every machine's local days that overlap [from, to). Days
// that have not begun and machines of which there is no row are left out.
func (e *Engine) MachineDays(ctx context.Context, scope access.Scope, from, to plant.Micros) ([]MachineDay, error) {
	q, err := e.ask(ctx, scope, Day, from, to)
	if err != nil {
		return nil, err
	}
	enterprises := map[string]plant.Node{}
	for _, n := range q.model.Nodes {
		if n.Level == plant.LevelEnterprise {
			enterprises[n.Path] = n
		}
	}
	var out []MachineDay
	for _, w := range q.windows {
		byMachine := map[plant.NodeID][]kept{}
		for _, r := range q.in(w) {
			byMachine[r.Node] = append(byMachine[r.Node], r)
		}
		for _, n := range q.model.Nodes {
			rows := byMachine[n.ID]
			if n.Machine == nil || len(rows) == 0 {
				continue
			}
			root, _, _ := strings.Cut(n.Path, "/")
			d := MachineDay{Machine: n, Enterprise: enterprises[root], Date: w.From.Time().In(q.zone).Format(time.DateOnly), Window: w, Terms: sums(rows), Closed: plant.MicrosOf(e.now()) >= w.To}
			plain := make([]Row, len(rows))
			for i, r := range rows {
				plain[i] = r.Row
				d.Revision, d.AsOf = max(d.Revision, r.revision), max(d.AsOf, r.asOf)
				d.Closed = d.Closed && !r.open && r.revision > 0
			}
			d.Digest = Digest(plain)
			out = append(out, d)
		}
	}
	return out, nil
}
