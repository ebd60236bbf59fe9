package link

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// PolicySchema is what the first line of a sharing policy says.
const PolicySchema = "zhigai.sharing/1"

const (
	maxPolicy = 64 << 10 // a policy is read by people
	maxRules  = 1000
)

// Policy says what a node shares with the nodes above it. What it does not name
// stays.
type Policy struct {
	Schema string `yaml:"schema" json:"-"`
	// Withdrawn is why nothing is shared any more: nothing is sent, and no sample
	// given, not even what was granted before. "" while the policy holds.
	Withdrawn string `yaml:"withdrawn,omitempty" json:"withdrawn,omitempty" maxLength:"1000" doc:"Why nothing is shared any more; those who ask read it"`
	// All sends everything: for an edge and the plant it belongs to.
	All bool `yaml:"all,omitempty" json:"all" doc:"Everything is sent, every sample, too"`
	// Model sends the plant model with the names of its tags.
	Model bool `yaml:"model,omitempty" json:"model" doc:"The plant model with the names of its tags"`
	// Figures are ids or patterns of figures: machine-day, energy.*
	Figures []string `yaml:"figures,omitempty" json:"figures" nullable:"false" maxItems:"1000" doc:"Ids or patterns of figures: machine-day"`
	// Records are kinds of events: stop_reason, count, *
	Records []string `yaml:"records,omitempty" json:"records" nullable:"false" maxItems:"1000" doc:"Kinds of events or patterns: seal, evidence_*"`
	// Tags are sent if one rule fits.
	Tags []TagRule `yaml:"tags,omitempty" json:"tags" nullable:"false" maxItems:"1000" doc:"Tags whose samples are sent: one rule must fit"`
	// Evidence grants requests to see samples at once; one that no rule fits waits
	// for a person.
	Evidence []EvidenceRule `yaml:"evidence,omitempty" json:"evidence" nullable:"false" maxItems:"100" doc:"Requests to see samples that are granted at once"`
}

// EvidenceRule grants a request all of whose tags fit.
type EvidenceRule struct {
	Tags  []string `yaml:"tags" json:"tags" nullable:"false" maxItems:"100" doc:"Names at the machine or patterns: count.*"`
	Hours int      `yaml:"hours" json:"hours" doc:"For how long, 1 to 8760"`
}

// maxHours is a year: who grants for longer forgets it.
const maxHours = 8760

// TagRule chooses tags; every condition that is given must hold.
type TagRule struct {
	// Path is a pattern over the tag's path: * is one step or a part of it, **
	// any number of steps.
	Path string `yaml:"path" json:"path" maxLength:"400"`
	// Retention are the classes: short, standard, long.
	Retention []plant.Retention `yaml:"retention,omitempty" json:"retention,omitempty"`
	// Kinds are number, boolean, enumeration, text, waveform.
	Kinds []plant.TagKind `yaml:"kinds,omitempty" json:"kinds,omitempty"`
}

// Known are the names a policy may use; nil lists are not checked.
type Known struct {
	Figures []string
	Records []string
}

// ErrPolicy wraps what is wrong with a policy.
var ErrPolicy = errors.New("sharing policy")

// ParsePolicy reads a policy. Unknown fields, names that match nothing known
// and rules that contradict one another are errors: a slip must not share what
// was to stay, nor keep back what was to go.
func ParsePolicy(raw []byte, known Known) (Policy, error) {
	if len(raw) > maxPolicy {
		return Policy{}, fmt.Errorf("%w: %d bytes; %d are read", ErrPolicy, len(raw), maxPolicy)
	}
	var p Policy
	if err := yaml.UnmarshalWithOptions(raw, &p, yaml.Strict()); err != nil {
		return Policy{}, fmt.Errorf("%w: %s", ErrPolicy, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return p, p.Check(known)
}

// Check says everything that is wrong with the policy.
func (p Policy) Check(known Known) error { return errors.Join(p.check(known)...) }

func (p Policy) check(known Known) []error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrPolicy}, args...)...))
	}
	if p.Schema != PolicySchema {
		bad("schema: %q; this program reads %q", p.Schema, PolicySchema)
	}
	if p.All && (p.Model || len(p.Figures)+len(p.Records)+len(p.Tags) > 0) {
		bad("all: true sends everything; take the other fields away, or all")
	}
	if n := len(p.Figures) + len(p.Records) + len(p.Tags); n > maxRules {
		bad("%d rules; %d are read", n, maxRules)
		return errs
	}
	errs = append(errs, names("figures", p.Figures, known.Figures)...)
	errs = append(errs, names("records", p.Records, known.Records)...)
	if len(p.Tags) > 0 && !p.Model {
		bad("tags: the parent cannot read samples without the model; add model: true")
	}
	for i, r := range p.Evidence {
		errs = append(errs, names(fmt.Sprintf("evidence[%d].tags", i), r.Tags, nil)...)
		if len(r.Tags) == 0 || r.Hours < 1 || r.Hours > maxHours {
			bad("evidence[%d]: %d tags for %d hours; name one at least, and 1 to %d hours", i, len(r.Tags), r.Hours, maxHours)
		}
	}
	for i, r := range p.Tags {
		if r.Path == "" {
			bad("tags[%d].path: missing; ** stands for all tags", i)
		}
		for step := range strings.SplitSeq(r.Path, "/") {
			if step == "" {
				bad("tags[%d].path: %q has an empty step", i, r.Path)
			} else if step != "**" && !pattern(step) {
				bad("tags[%d].path: %q is no pattern", i, step)
			}
		}
		for _, c := range r.Retention {
			if !slices.Contains([]plant.Retention{plant.RetainShort, plant.RetainStandard, plant.RetainLong}, c) {
				bad("tags[%d].retention: %q; known are short, standard, long", i, c)
			}
		}
		for _, k := range r.Kinds {
			if !slices.Contains([]plant.TagKind{plant.KindNumber, plant.KindBoolean, plant.KindEnumeration, plant.KindText, plant.KindWaveform}, k) {
				bad("tags[%d].kinds: %q; known are number, boolean, enumeration, text, waveform", i, k)
			}
		}
	}
	return errs
}

// pattern reports whether path.Match can read s; ** inside a step would mean
// less than it looks like.
func pattern(s string) bool {
	_, err := path.Match(s, "")
	return err == nil && !strings.Contains(s, "**")
}

func names(field string, list, known []string) []error {
	var errs []error
	for i, s := range list {
		switch {
		case s == "" || strings.Contains(s, "/") || !pattern(s):
			errs = append(errs, fmt.Errorf("%w: %s[%d]: %q is no name and no pattern", ErrPolicy, field, i, s))
		case known != nil && !slices.ContainsFunc(known, func(k string) bool { return matches(s, k) }):
			errs = append(errs, fmt.Errorf("%w: %s[%d]: nothing is called %q; known are %s", ErrPolicy, field, i, s, strings.Join(known, ", ")))
		}
	}
	return errs
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// Shares reports whether anything of the stream is sent.
func (p Policy) Shares(s Stream) bool {
	if p.Withdrawn != "" {
		return false
	}
	switch s {
	case StreamHistory:
		return p.All || len(p.Tags) > 0
	case StreamRecord:
		return p.All || len(p.Records) > 0
	case StreamModel:
		return p.All || p.Model
	case StreamFigures:
		return p.All || len(p.Figures) > 0
	}
	return false
}

// SharesFigure reports whether values of the figure are sent.
func (p Policy) SharesFigure(id string) bool {
	return p.Withdrawn == "" && (p.All || slices.ContainsFunc(p.Figures, func(s string) bool { return matches(s, id) }))
}

// SharesRecord reports whether events of the kind are sent.
func (p Policy) SharesRecord(kind string) bool {
	return p.Withdrawn == "" && (p.All || slices.ContainsFunc(p.Records, func(s string) bool { return matches(s, kind) }))
}

// SharesTag reports whether samples of the tag are sent.
func (p Policy) SharesTag(t plant.Tag) bool {
	return p.Withdrawn == "" && (p.All || slices.ContainsFunc(p.Tags, func(r TagRule) bool {
		return (len(r.Retention) == 0 || slices.Contains(r.Retention, t.Retention)) &&
			(len(r.Kinds) == 0 || slices.Contains(r.Kinds, t.Kind)) &&
			matchSteps(strings.Split(r.Path, "/"), strings.Split(t.Path, "/"))
	}))
}

// Grants is for how long a request for the tags is granted at once; 0: a person
// decides.
func (p Policy) Grants(tags []string) time.Duration {
	for _, r := range p.Evidence {
		if !slices.ContainsFunc(tags, func(t string) bool {
			return !slices.ContainsFunc(r.Tags, func(s string) bool { return matches(s, t) })
		}) {
			return time.Duration(r.Hours) * time.Hour
		}
	}
	return 0
}

// matchSteps matches a path step by step. It looks at each pair of steps once,
// so that many ** cost no more than the product of the lengths.
func matchSteps(pattern, steps []string) bool {
	reach := make([]bool, len(steps)+1) // reach[i]: the pattern so far fits steps[:i]
	reach[0] = true
	for _, p := range pattern {
		next := make([]bool, len(steps)+1)
		for i := range reach {
			switch {
			case p == "**":
				next[i] = reach[i] || i > 0 && next[i-1]
			case i > 0:
				next[i] = reach[i-1] && matches(p, steps[i-1])
			}
		}
		reach = next
	}
	return reach[len(steps)]
}
