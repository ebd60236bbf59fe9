package diagnosis

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"github.com/goccy/go-yaml"

	"zhigai/calc/maturity"
	"zhigai/plant"
)

// Schemas of the two kinds of file that make an edition.
const (
	EditionSchema      = "zhigai.maturity/1"
	RequirementsSchema = "zhigai.maturity-requirements/1"
)

// maxRequirements bounds an edition: the largest known asks a few hundred things,
// and one project answers each.
const maxRequirements = 1000

// maxProvable bounds those that figures answer: what they say is one fact.
const maxProvable = 60

// Edition is a maturity model as it held from a day on. A project keeps the
// edition that it began with.
type Edition struct {
	ID           string     `json:"id"`
	Version      int        `json:"version"`
	Model        string     `json:"model" doc:"The standard"`
	Name         plant.Name `json:"name"`
	Source       string     `json:"source"`
	Verified     bool       `json:"verified" doc:"Whether the standard itself was read"`
	From         string     `json:"from" doc:"First day on which it holds"`
	To           string     `json:"to,omitempty" doc:"First day on which it no longer holds"`
	Industry     string     `json:"industry" enum:"discrete,flow,any"`
	Scoring      Scoring    `json:"scoring"`
	Levels       []Level    `json:"levels" nullable:"false"`
	Elements     []Node     `json:"elements" nullable:"false"`
	Requirements int        `json:"requirements" doc:"How many"`
	Provable     int        `json:"provable" doc:"How many of them machine evidence can answer"`

	model maturity.Model
	asked map[string]*Requirement
}

// Scoring is what grades count and when a level is reached.
type Scoring struct {
	Verified bool    `json:"verified" yaml:"verified"`
	Reach    float64 `json:"reach" yaml:"reach"`
	None     float64 `json:"none" yaml:"none"`
	Part     float64 `json:"part" yaml:"part"`
	Most     float64 `json:"most" yaml:"most"`
	Full     float64 `json:"full" yaml:"full"`
}

// Level of the model.
type Level struct {
	Level    int        `json:"level" yaml:"level"`
	Verified bool       `json:"verified" yaml:"verified"`
	Name     plant.Name `json:"name" yaml:"name"`
	Text     plant.Name `json:"text" yaml:"text"`
}

// Node is an element, a domain or a subdomain.
type Node struct {
	ID           string        `json:"id"`
	Name         plant.Name    `json:"name"`
	Weight       float64       `json:"weight" doc:"Share of what stands above, 0..1"`
	Equal        bool          `json:"equal" doc:"The weight is not known: siblings weigh the same"`
	Cuttable     bool          `json:"cuttable" doc:"May be left out where the industry has no such business"`
	Parts        []Node        `json:"parts" nullable:"false"`
	Requirements []Requirement `json:"requirements" nullable:"false"`
}

// Requirement is what a level asks of a subdomain.
type Requirement struct {
	ID       string     `json:"id" yaml:"id"`
	Level    int        `json:"level" yaml:"level"`
	Text     plant.Name `json:"text" yaml:"text"`
	Verified bool       `json:"verified" yaml:"verified"`
	Evidence *Proof     `json:"evidence,omitempty" yaml:"evidence"`
}

// Proof says which figure answers a requirement and how. Conditions are CEL over
// value and coverage, both doubles; the first that holds gives the grade, none of
// them the grade none.
type Proof struct {
	Figure   string                    `json:"figure" yaml:"figure"`
	Days     int                       `json:"days" yaml:"days" doc:"The last days of the project's time that it looks at"`
	Coverage float64                   `json:"coverage,omitempty" yaml:"coverage" doc:"Less than that is known: the figure answers nothing"`
	Full     string                    `json:"full,omitempty" yaml:"full"`
	Most     string                    `json:"most,omitempty" yaml:"most"`
	Part     string                    `json:"part,omitempty" yaml:"part"`
	Without  map[string]maturity.Grade `json:"without,omitempty" yaml:"without" doc:"Grades of reasons why the figure has no value"`

	conditions []condition
}

type condition struct {
	grade   maturity.Grade
	program cel.Program
}

// Editions are those a node knows, the newest version of each id and valid day
// first to hand.
type Editions struct{ list []*Edition }

// All lists them by id, the newest version first.
func (e *Editions) All() []*Edition { return slices.Clone(e.list) }

// Edition is one of them.
func (e *Editions) Edition(id string, version int) (*Edition, bool) {
	i := slices.IndexFunc(e.list, func(o *Edition) bool { return o.ID == id && (version == 0 || o.Version == version) })
	if i < 0 {
		return nil, false
	}
	return e.list[i], true
}

// Requirement of the edition by id.
func (e *Edition) Requirement(id string) (*Requirement, bool) {
	r, ok := e.asked[id]
	return r, ok
}

// All lists the requirements in the order of the model.
func (e *Edition) All() []*Requirement {
	var out []*Requirement
	for _, r := range maturity.Requirements(e.model.Elements) {
		out = append(out, e.asked[r.ID])
	}
	return out
}

// Holds says whether the edition holds on a day, 2006-01-02.
func (e *Edition) Holds(day string) bool { return e.From <= day && (e.To == "" || day < e.To) }

// LoadEditions reads every edition of dir. figures tells which figures there are.
// All that is wrong is told at once, each with its file.
func LoadEditions(data fs.FS, dir string, figures func(id string) bool) (*Editions, error) {
	entries, err := fs.ReadDir(data, dir)
	if err != nil {
		return nil, fmt.Errorf("maturity editions: %w", err)
	}
	out := &Editions{}
	var problems []error
	for _, f := range entries {
		if !strings.HasSuffix(f.Name(), ".yaml") || strings.HasSuffix(f.Name(), ".requirements.yaml") {
			continue
		}
		one, err := readEdition(data, dir, f.Name(), figures)
		if err == nil {
			if other, twice := out.Edition(one.ID, one.Version); twice {
				err = fmt.Errorf("%s version %d stands in two files", other.ID, other.Version)
			}
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", path.Join(dir, f.Name()), err))
			continue
		}
		out.list = append(out.list, one)
	}
	slices.SortFunc(out.list, func(a, b *Edition) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(b.Version, a.Version))
	})
	return out, errors.Join(problems...)
}

// editionFile is an edition as it is written.
type editionFile struct {
	Schema       string     `yaml:"schema"`
	ID           string     `yaml:"id"`
	Version      int        `yaml:"version"`
	Model        string     `yaml:"model"`
	Name         plant.Name `yaml:"name"`
	Source       string     `yaml:"source"`
	Verified     bool       `yaml:"verified"`
	Valid        validDays  `yaml:"valid"`
	Industry     string     `yaml:"industry"`
	Requirements string     `yaml:"requirements"`
	Scoring      Scoring    `yaml:"scoring"`
	Levels       []Level    `yaml:"levels"`
	Elements     []nodeFile `yaml:"elements"`
}

type validDays struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

type nodeFile struct {
	ID       string     `yaml:"id"`
	Name     plant.Name `yaml:"name"`
	Weight   *float64   `yaml:"weight"`
	Cuttable bool       `yaml:"cuttable"`
	Parts    []nodeFile `yaml:"parts"`
}

// requirementsFile is shared by editions that ask the same.
type requirementsFile struct {
	Schema     string                   `yaml:"schema"`
	Subdomains map[string][]Requirement `yaml:"subdomains"`
}

func readYAML(data fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(data, name)
	if err != nil {
		return err
	}
	return yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict(), yaml.DisallowUnknownField()).Decode(into)
}

func readEdition(data fs.FS, dir, name string, figures func(string) bool) (*Edition, error) {
	var f editionFile
	if err := readYAML(data, path.Join(dir, name), &f); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	var asked requirementsFile
	if err := readYAML(data, path.Join(dir, f.Requirements), &asked); err != nil {
		return nil, fmt.Errorf("requirements %s: %w", f.Requirements, err)
	}
	if asked.Schema != RequirementsSchema {
		return nil, fmt.Errorf("requirements %s: schema %q; write %s", f.Requirements, asked.Schema, RequirementsSchema)
	}
	e := &Edition{
		ID: f.ID, Version: f.Version, Model: f.Model, Name: f.Name, Source: f.Source, Verified: f.Verified, From: f.Valid.From, To: f.Valid.To,
		Industry: f.Industry, Scoring: f.Scoring, Levels: f.Levels, asked: map[string]*Requirement{},
	}
	s := f.Scoring
	e.model = maturity.Model{Levels: len(f.Levels), Points: maturity.Points{None: s.None, Part: s.Part, Most: s.Most, Full: s.Full}, Reach: s.Reach}
	var err error
	if e.Elements, e.model.Elements, err = e.nodes(f.Elements, asked.Subdomains, figures); err != nil {
		return nil, err
	}
	if err := e.model.Check(); err != nil {
		return nil, err
	}
	if e.Requirements = len(e.asked); e.Requirements > maxRequirements {
		return nil, fmt.Errorf("%d requirements; %d are allowed", e.Requirements, maxRequirements)
	}
	for _, r := range e.asked {
		if r.Evidence != nil {
			e.Provable++
		}
	}
	if e.Provable > maxProvable {
		return nil, fmt.Errorf("evidence for %d requirements; %d are allowed", e.Provable, maxProvable)
	}
	return e, nil
}

func (f editionFile) check() error {
	switch {
	case f.Schema != EditionSchema:
		return fmt.Errorf("schema %q; write %s", f.Schema, EditionSchema)
	case !editionID.MatchString(f.ID):
		return fmt.Errorf("id %q; write lower case words joined by -", f.ID)
	case f.Version < 1:
		return fmt.Errorf("version %d; the first is 1", f.Version)
	case f.Model == "" || f.Source == "":
		return errors.New("model and source are needed: the standard, and where its content is known from")
	case !both(f.Name):
		return errors.New("name: zh and en are needed")
	case !slices.Contains([]string{"discrete", "flow", "any"}, f.Industry):
		return fmt.Errorf("industry %q; write discrete, flow or any", f.Industry)
	case f.Requirements == "" || strings.Contains(f.Requirements, "/"):
		return fmt.Errorf("requirements %q; name a file of the same folder", f.Requirements)
	}
	for _, d := range []string{f.Valid.From, f.Valid.To} {
		if _, err := time.Parse(time.DateOnly, d); err != nil && (d != "" || f.Valid.From == "") {
			return fmt.Errorf("valid: %q is no day; write 2021-05-01", d)
		}
	}
	if f.Valid.To != "" && f.Valid.To <= f.Valid.From {
		return fmt.Errorf("valid: it ends on %s, before it begins", f.Valid.To)
	}
	for i, l := range f.Levels {
		if l.Level != i+1 || !both(l.Name) {
			return fmt.Errorf("levels: number %d stands in place %d, or has no name in zh and en", l.Level, i+1)
		}
	}
	return nil
}

func both(n plant.Name) bool { return n.ZH != "" && n.EN != "" }

// nodes turns what is written into the tree that is shown and the one that is
// scored.
func (e *Edition) nodes(in []nodeFile, asked map[string][]Requirement, figures func(string) bool) ([]Node, []maturity.Node, error) {
	given := 0
	for _, n := range in {
		if n.Weight != nil {
			given++
		}
	}
	if given != 0 && given != len(in) {
		return nil, nil, fmt.Errorf("%s and its siblings: give all weights or none", in[0].ID)
	}
	var shown []Node
	var scored []maturity.Node
	for _, n := range in {
		if !editionID.MatchString(n.ID) || !both(n.Name) {
			return nil, nil, fmt.Errorf("part %q needs an id of lower case words joined by - and a name in zh and en", n.ID)
		}
		one := Node{ID: n.ID, Name: n.Name, Equal: given == 0 && len(in) > 1, Cuttable: n.Cuttable, Parts: []Node{}, Requirements: []Requirement{}, Weight: 1 / float64(len(in))}
		if n.Weight != nil {
			one.Weight = *n.Weight
		}
		node := maturity.Node{ID: n.ID, Weight: one.Weight}
		var err error
		if len(n.Parts) > 0 {
			one.Parts, node.Parts, err = e.nodes(n.Parts, asked, figures)
		} else {
			one.Requirements, node.Requirements, err = e.require(n.ID, asked[n.ID], figures)
		}
		if err != nil {
			return nil, nil, err
		}
		shown, scored = append(shown, one), append(scored, node)
	}
	return shown, scored, nil
}

func (e *Edition) require(id string, asked []Requirement, figures func(string) bool) ([]Requirement, []maturity.Requirement, error) {
	var scored []maturity.Requirement
	for i := range asked {
		r := &asked[i]
		if !both(r.Text) {
			return nil, nil, fmt.Errorf("requirement %q of %s: text in zh and en is needed", r.ID, id)
		}
		if r.Evidence != nil {
			if err := r.Evidence.compile(figures); err != nil {
				return nil, nil, fmt.Errorf("requirement %s: evidence: %w", r.ID, err)
			}
		}
		e.asked[r.ID] = r
		scored = append(scored, maturity.Requirement{ID: r.ID, Level: r.Level})
	}
	return asked, scored, nil
}
