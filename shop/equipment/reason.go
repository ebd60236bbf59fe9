package equipment

import (
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// Loss is one of the losses that time in the plan goes to: the six big losses
// as far as they are stops, and what is none of them.
type Loss string

const (
	LossBreakdown Loss = "breakdown"
	LossSetup     Loss = "setup"
	LossMinor     Loss = "minor"
	LossStartup   Loss = "startup"
	LossPlanned   Loss = "planned" // planned work done in planned busy time
	LossOther     Loss = "other"   // waiting, and what nobody explained
)

var losses = []Loss{LossBreakdown, LossSetup, LossMinor, LossStartup, LossPlanned, LossOther}

// Unassigned is the reason of a stop that nobody explained yet; Minor that of
// a stop too short to ask for.
const (
	Unassigned = "unassigned"
	Minor      = "minor"
)

// Reason is why a machine stands.
type Reason struct {
	ID     string     `yaml:"id" json:"id"`
	Parent string     `yaml:"parent,omitempty" json:"parent,omitempty"`
	Name   plant.Name `yaml:"name" json:"name"`
	Loss   Loss       `yaml:"loss,omitempty" json:"loss"` // inherited from the parent
	// Class overrules the class of the machine's state for delay and down
	// time: a changeover is setup even on a machine that tells no modes.
	Class Class `yaml:"class,omitempty" json:"class,omitempty"`
	// Group reasons are headings; nobody chooses them.
	Group bool `yaml:"group,omitempty" json:"group,omitempty"`
}

type reasonsFile struct {
	Schema    string   `yaml:"schema"`
	ID        string   `yaml:"id"`
	Version   int      `yaml:"version"`
	Source    string   `yaml:"source"`
	MicroStop string   `yaml:"micro_stop"`
	Reasons   []Reason `yaml:"reasons"`
}

// Reasons is the tree of stop reasons.
type Reasons struct {
	Version string
	// MicroStop is the length under which a stop is minor and nobody is asked.
	MicroStop time.Duration
	list      []Reason
	byID      map[string]Reason
}

// LoadReasons reads the tree; parents stand before their children.
func LoadReasons(data fs.FS, name string) (*Reasons, error) {
	var f reasonsFile
	if err := readYAML(data, name, &f); err != nil {
		return nil, err
	}
	if f.Schema != "zhigai.reasons/1" {
		return nil, fmt.Errorf("%s: schema %q; write zhigai.reasons/1", name, f.Schema)
	}
	micro, err := time.ParseDuration(f.MicroStop)
	if err != nil || micro < 0 || micro > time.Hour {
		return nil, fmt.Errorf("%s: micro_stop %q; write a time up to 1h such as 5m", name, f.MicroStop)
	}
	r := &Reasons{Version: fmt.Sprintf("%s@%d", f.ID, f.Version), MicroStop: micro.Truncate(time.Millisecond), byID: map[string]Reason{}}
	for n, reason := range f.Reasons {
		if err := r.add(reason); err != nil {
			return nil, fmt.Errorf("%s: reason %d: %w", name, n+1, err)
		}
	}
	for _, must := range []string{Unassigned, Minor} {
		if _, ok := r.byID[must]; !ok {
			return nil, fmt.Errorf("%s: the reason %q is missing; stops without a word of anybody get it", name, must)
		}
	}
	return r, nil
}

func (r *Reasons) add(reason Reason) error {
	if reason.ID == "" || reason.Name.ZH == "" {
		return fmt.Errorf("%q: id and name.zh are needed", reason.ID)
	}
	if _, ok := r.byID[reason.ID]; ok {
		return fmt.Errorf("%q stands twice", reason.ID)
	}
	if reason.Parent != "" {
		parent, ok := r.byID[reason.Parent]
		if !ok {
			return fmt.Errorf("%q: parent %q does not stand before it", reason.ID, reason.Parent)
		}
		if reason.Loss == "" {
			reason.Loss = parent.Loss
		}
		if reason.Class == "" {
			reason.Class = parent.Class
		}
	}
	if !slices.Contains(losses, reason.Loss) {
		return fmt.Errorf("%q: loss %q; write one of %v", reason.ID, reason.Loss, losses)
	}
	if reason.Class != "" && !slices.Contains(classes, reason.Class) {
		return fmt.Errorf("%q: class %q; write one of %v", reason.ID, reason.Class, classes)
	}
	r.list, r.byID[reason.ID] = append(r.list, reason), reason
	return nil
}

// All lists the tree, parents first.
func (r *Reasons) All() []Reason { return slices.Clone(r.list) }

// Reason finds one by its id.
func (r *Reasons) Reason(id string) (Reason, bool) {
	found, ok := r.byID[id]
	return found, ok
}

// readYAML reads a data file; a key that nobody knows is an error with its
// line.
func readYAML(data fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(data, name)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(raw, into, yaml.Strict()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
