package control

import "zhigai/plant"

// Open is a command of this node that has no end yet.
type Open struct {
	Node    plant.NodeID
	ID      string
	Waiting bool // for approval
}

// Open are the commands that have no end yet, by memory: it costs no look into the
// journal.
func (d *Desk) Open() []Open {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Open, 0, len(d.open)+len(d.waiting))
	for at, id := range d.open {
		out = append(out, Open{Node: at.node, ID: id})
	}
	for id, w := range d.waiting {
		out = append(out, Open{Node: w.t.node.ID, ID: id, Waiting: true})
	}
	return out
}
