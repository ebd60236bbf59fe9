package equipment

import (
	"fmt"
	"io/fs"
	"slices"
)

// Class is a time class of ISO 22400-2: what a stretch of time counts as.
type Class string

const (
	APT          Class = "APT"     // actual production time
	AUST         Class = "AUST"    // actual unit setup time
	ADET         Class = "ADET"    // actual unit delay time
	ADOT         Class = "ADOT"    // actual unit down time
	PDOT         Class = "PDOT"    // planned down time
	ClassUnknown Class = "UNKNOWN" // nobody knows
	ClassNone    Class = "NONE"    // outside planned operation
)

var classes = []Class{APT, AUST, ADET, ADOT, PDOT, ClassUnknown, ClassNone}

// Plan is what the calendar had in mind for a stretch of time.
type Plan string

const (
	PlanBusy Plan = "busy" // planned busy time
	PlanDown Plan = "down" // planned down time inside planned operation
	PlanOff  Plan = "off"  // outside planned operation
)

// Ordered says whether an order was registered at the machine.
type Ordered string

const (
	OrderYes     Ordered = "yes"
	OrderNo      Ordered = "no"
	OrderUnknown Ordered = "unknown" // the machine does not tell orders
)

var (
	plans  = []Plan{PlanBusy, PlanDown, PlanOff}
	orders = []Ordered{OrderYes, OrderNo, OrderUnknown}
)

// classesFile is data/standards/iso22400-classes.yaml.
type classesFile struct {
	Schema   string     `yaml:"schema"`
	ID       string     `yaml:"id"`
	Version  int        `yaml:"version"`
	Source   string     `yaml:"source"`
	Verified string     `yaml:"verified"`
	Rows     []classRow `yaml:"rows"`
}

// classRow decides every combination it names; "any" stands for all of a
// column. The first row that fits wins.
type classRow struct {
	Item  string `yaml:"item"`
	Mode  string `yaml:"mode"`
	Plan  string `yaml:"plan"`
	Order string `yaml:"order"`
	Class Class  `yaml:"class"`
	Why   string `yaml:"why,omitempty"`
}

// ClassTable maps state, plan and order to a time class. It is data, because
// companion specifications disagree on single rows.
type ClassTable struct {
	Version string
	cells   [5][4][3][3]Class // item (4 is UNKNOWN), mode, plan, order
}

const unknownItem = 4

// LoadClasses reads the table and checks that it decides everything.
func LoadClasses(data fs.FS, name string) (*ClassTable, error) {
	var f classesFile
	if err := readYAML(data, name, &f); err != nil {
		return nil, err
	}
	if f.Schema != "zhigai.classes/1" {
		return nil, fmt.Errorf("%s: schema %q; write zhigai.classes/1", name, f.Schema)
	}
	t := &ClassTable{Version: fmt.Sprintf("%s@%d", f.ID, f.Version)}
	for n, row := range f.Rows {
		if err := t.fill(row); err != nil {
			return nil, fmt.Errorf("%s: row %d: %w", name, n+1, err)
		}
	}
	for i := range t.cells {
		for m := range t.cells[i] {
			for p := range t.cells[i][m] {
				for o, c := range t.cells[i][m][p] {
					if c == "" {
						return nil, fmt.Errorf("%s: no row decides %s/%s, plan %s, order %s; end with a row of any", name, append(slices.Clone(itemNames[:]), "UNKNOWN")[i], modeNames[m], plans[p], orders[o])
					}
				}
			}
		}
	}
	return t, nil
}

func (t *ClassTable) fill(row classRow) error {
	if !slices.Contains(classes, row.Class) {
		return fmt.Errorf("class %q; write one of %v", row.Class, classes)
	}
	items, err := column("item", row.Item, append(slices.Clone(itemNames[:]), "UNKNOWN"))
	if err != nil {
		return err
	}
	modes, err := column("mode", row.Mode, modeNames[:])
	if err != nil {
		return err
	}
	plan, err := column("plan", row.Plan, []string{string(PlanBusy), string(PlanDown), string(PlanOff)})
	if err != nil {
		return err
	}
	order, err := column("order", row.Order, []string{string(OrderYes), string(OrderNo), string(OrderUnknown)})
	if err != nil {
		return err
	}
	for _, i := range items {
		for _, m := range modes {
			for _, p := range plan {
				for _, o := range order {
					if t.cells[i][m][p][o] == "" {
						t.cells[i][m][p][o] = row.Class
					}
				}
			}
		}
	}
	return nil
}

func column(name, value string, known []string) ([]int, error) {
	if value == "any" {
		all := make([]int, len(known))
		for i := range known {
			all[i] = i
		}
		return all, nil
	}
	if i := slices.Index(known, value); i >= 0 {
		return []int{i}, nil
	}
	return nil, fmt.Errorf("%s %q; write any or one of %v", name, value, known)
}

// Class looks a stretch of time up.
func (t *ClassTable) Class(s State, p Plan, o Ordered) Class {
	item := int(s.Item)
	if !s.Known {
		item = unknownItem
	}
	return t.cells[item][s.Mode&3][slices.Index(plans, p)][slices.Index(orders, o)]
}
