package production

import (
	"slices"
	"strings"

	"zhigai/plant"
)

// DefinitionState says whether orders may be made by a definition.
type DefinitionState string

// States of a definition. A released one never changes: another revision takes
// its place.
const (
	Draft    DefinitionState = "draft"
	Released DefinitionState = "released"
	Blocked  DefinitionState = "blocked" // orders that run go on, none begins
)

// Definition is how a product is made, by revision: its bill of materials and
// its routing (B2MML OperationsDefinition).
type Definition struct {
	Product   string          `json:"product" minLength:"1" maxLength:"63" doc:"Code of the product"`
	Revision  int             `json:"revision" minimum:"1"`
	State     DefinitionState `json:"state" enum:"draft,released,blocked"`
	Valid     plant.Validity  `json:"valid" doc:"When orders that begin then are made by it"`
	Unit      string          `json:"unit" minLength:"1" maxLength:"20" doc:"Of the product, UCUM; {piece} for pieces"`
	Materials []Material      `json:"materials" nullable:"false" maxItems:"500" doc:"Bill of materials, per unit of the product"`
	Segments  []Segment       `json:"segments" nullable:"false" minItems:"1" maxItems:"200" doc:"Routing, in the order of the numbers"`
	Note      string          `json:"note,omitempty" maxLength:"1000" doc:"What is new in this revision"`
	Rev       int64           `json:"rev" doc:"Counts the changes"`
	By        string          `json:"by,omitempty"`
	At        plant.Instant   `json:"at,omitempty"`
	Reason    string          `json:"reason,omitempty" doc:"Why it is blocked"`
}

// Material is what goes into one unit of the product.
type Material struct {
	Item     string         `json:"item" minLength:"1" maxLength:"63" doc:"Code of a product or a bought item"`
	Quantity plant.Quantity `json:"quantity" doc:"Of the item's unit, for one unit of the product"`
	Unit     string         `json:"unit" minLength:"1" maxLength:"20" doc:"UCUM"`
	Segment  int            `json:"segment,omitempty" doc:"Number of the segment that uses it; the first when left out"`
}

// Segment is one operation of the routing (B2MML OperationsSegment).
type Segment struct {
	No           int           `json:"no" minimum:"1" maximum:"9999" doc:"10, 20, 30 …"`
	Name         plant.Name    `json:"name"`
	After        []int         `json:"after,omitempty" doc:"Numbers of the segments that it follows; the one before it when left out"`
	Begins       bool          `json:"begins,omitempty" doc:"It follows none: a branch that may begin with the order"`
	Alternatives []Alternative `json:"alternatives" nullable:"false" maxItems:"50" doc:"Where it can be done, the usual first"`
	Family       string        `json:"family,omitempty" maxLength:"63" doc:"Jobs of one family follow one another without a new setup"`
	// Overlap: the next may begin when so many units are done; 0 waits for all.
	Overlap    int64      `json:"overlap,omitempty" minimum:"0" doc:"The next may begin after so many units; all when 0"`
	MoveMs     int64      `json:"move_ms,omitempty" minimum:"0" doc:"Transport to the next"`
	QueueMs    int64      `json:"queue_ms,omitempty" minimum:"0" doc:"Usual wait before it, for planning"`
	MinWaitMs  int64      `json:"min_wait_ms,omitempty" minimum:"0" doc:"Must pass after it, such as cooling"`
	MaxWaitMs  int64      `json:"max_wait_ms,omitempty" minimum:"0" doc:"The next must begin within; 0 for no limit"`
	Operators  int        `json:"operators,omitempty" minimum:"0" maximum:"50" doc:"People that one machine needs; 0 and 1 mean one at a time"`
	Skills     []string   `json:"skills,omitempty" maxItems:"20" doc:"All of which whoever does it must have"`
	Tools      []string   `json:"tools,omitempty" maxItems:"50"`
	FirstPiece bool       `json:"first_piece,omitempty" doc:"The first piece must be approved"`
	ScrapPPM   int64      `json:"scrap_ppm,omitempty" minimum:"0" maximum:"1000000" doc:"Planned scrap, per million"`
	Outside    *Outside   `json:"outside,omitempty" doc:"Done by a supplier"`
	Documents  []Document `json:"documents,omitempty" maxItems:"50" doc:"Work instructions, drawings, pictures"`
}

// Alternative is a place where a segment can be done.
type Alternative struct {
	Equipment plant.NodeID `json:"equipment" doc:"A machine, or a line or cell any machine of which will do"`
	SetupMs   int64        `json:"setup_ms" minimum:"0"`
	RunMs     int64        `json:"run_ms" minimum:"1" doc:"For one unit, or for one batch"`
	Batch     int64        `json:"batch,omitempty" minimum:"0" doc:"Units that run together, as in a furnace; 0 for one after the other"`
}

// Outside is work at a supplier's.
type Outside struct {
	Supplier string `json:"supplier" minLength:"1" maxLength:"200"`
	LeadMs   int64  `json:"lead_ms" minimum:"1" doc:"From giving out to having back"`
}

// Document is a file that people at work read, by its digest.
type Document struct {
	Title  string `json:"title" minLength:"1" maxLength:"200"`
	Kind   string `json:"kind" enum:"instruction,drawing,picture,program"`
	SHA256 string `json:"sha256" pattern:"^[0-9a-f]{64}$"`
	Bytes  int64  `json:"bytes"`
}

// Segment finds one by its number.
func (d *Definition) Segment(no int) (Segment, bool) {
	for _, s := range d.Segments {
		if s.No == no {
			return s, true
		}
	}
	return Segment{}, false
}

// Before lists the numbers of the segments that must be done, or begun when they
// overlap, before one begins.
func (d *Definition) Before(no int) []int {
	for i, s := range d.Segments {
		switch {
		case s.No != no || s.Begins:
		case len(s.After) > 0:
			return s.After
		case i > 0:
			return []int{d.Segments[i-1].No}
		}
	}
	return nil
}

// Check says what is wrong with a definition by itself. It puts the segments into
// the order of their numbers.
func (d *Definition) Check() error {
	slices.SortStableFunc(d.Segments, func(a, b Segment) int { return a.No - b.No })
	switch {
	case strings.TrimSpace(d.Product) == "":
		return invalid("the definition names no product")
	case d.Revision < 1:
		return invalid("product %s: revision %d; revisions count from 1", d.Product, d.Revision)
	case d.Unit == "":
		return invalid("product %s: the unit is missing; write {piece} for pieces", d.Product)
	case len(d.Segments) == 0 || len(d.Segments) > maxSegments:
		return invalid("product %s: %d segments; 1 to %d are allowed", d.Product, len(d.Segments), maxSegments)
	case len(d.Materials) > maxMaterials:
		return invalid("product %s: %d materials; %d are allowed", d.Product, len(d.Materials), maxMaterials)
	case len(d.Note) > maxNote:
		return invalid("product %s: a note of %d bytes; %d are allowed", d.Product, len(d.Note), maxNote)
	case !d.Valid.To.IsZero() && !d.Valid.To.After(d.Valid.From):
		return invalid("product %s: the revision ends before it begins", d.Product)
	}
	for i, s := range d.Segments {
		if i > 0 && s.No == d.Segments[i-1].No {
			return invalid("product %s: segment %d stands twice", d.Product, s.No)
		}
		if err := d.checkSegment(s); err != nil {
			return err
		}
	}
	for i, m := range d.Materials {
		if err := d.checkMaterial(i, m); err != nil {
			return err
		}
	}
	return d.checkOrder()
}

func (d *Definition) checkSegment(s Segment) error {
	at := func(format string, args ...any) error {
		return invalid("product %s, segment %d: "+format, append([]any{d.Product, s.No}, args...)...)
	}
	switch {
	case s.No < 1:
		return at("numbers count from 1")
	case s.Name.ZH == "" && s.Name.EN == "":
		return at("the name is missing")
	case s.Begins && len(s.After) > 0:
		return at("it begins with the order and follows %v; take one of the two away", s.After)
	case s.Outside == nil && len(s.Alternatives) == 0:
		return at("it names no machine and no supplier; say where it is done")
	case s.Outside != nil && len(s.Alternatives) > 0:
		return at("it names both machines and a supplier; make two segments of it")
	case len(s.Alternatives) > maxAlternatives:
		return at("%d alternatives; %d are allowed", len(s.Alternatives), maxAlternatives)
	case len(s.Documents) > maxDocuments:
		return at("%d documents; %d are allowed", len(s.Documents), maxDocuments)
	case s.Overlap < 0 || s.ScrapPPM < 0 || s.ScrapPPM > 1_000_000 || s.Operators < 0:
		return at("a quantity is negative, or planned scrap is above a million per million")
	case s.Outside != nil && (s.Outside.LeadMs < 1 || s.Outside.LeadMs > maxMs || strings.TrimSpace(s.Outside.Supplier) == ""):
		return at("say the supplier, and a lead time from 1 ms to a year")
	case s.MaxWaitMs > 0 && s.MaxWaitMs < s.MinWaitMs+s.MoveMs:
		return at("the next must begin within %d ms, but waiting and transport take %d", s.MaxWaitMs, s.MinWaitMs+s.MoveMs)
	}
	for _, ms := range []int64{s.MoveMs, s.QueueMs, s.MinWaitMs, s.MaxWaitMs} {
		if ms < 0 || ms > maxMs {
			return at("a time of %d ms; 0 to a year is allowed", ms)
		}
	}
	for i, a := range s.Alternatives {
		switch {
		case a.Equipment == "":
			return at("alternative %d names no machine", i+1)
		case slices.ContainsFunc(s.Alternatives[:i], func(o Alternative) bool { return o.Equipment == a.Equipment }):
			return at("machine %s stands twice", a.Equipment)
		case a.RunMs < 1 || a.RunMs > maxMs:
			return at("machine %s: a run time of %d ms; 1 ms to a year is allowed", a.Equipment, a.RunMs)
		case a.SetupMs < 0 || a.SetupMs > maxMs:
			return at("machine %s: a setup time of %d ms; 0 to a year is allowed", a.Equipment, a.SetupMs)
		case a.Batch < 0 || a.Batch > maxMade:
			return at("machine %s: a batch of %d", a.Equipment, a.Batch)
		}
	}
	return nil
}

func (d *Definition) checkMaterial(i int, m Material) error {
	switch _, ok := d.Segment(m.Segment); {
	case strings.TrimSpace(m.Item) == "":
		return invalid("product %s, material %d: the item is missing", d.Product, i+1)
	case m.Item == d.Product:
		return invalid("product %s is made of itself", d.Product)
	case m.Quantity <= 0:
		return invalid("product %s, material %s: a quantity of %s; write how much goes into one unit", d.Product, m.Item, m.Quantity)
	case m.Unit == "":
		return invalid("product %s, material %s: the unit is missing", d.Product, m.Item)
	case m.Segment != 0 && !ok:
		return invalid("product %s, material %s: there is no segment %d", d.Product, m.Item, m.Segment)
	case slices.ContainsFunc(d.Materials[:i], func(o Material) bool { return o.Item == m.Item && o.Segment == m.Segment }):
		return invalid("product %s: material %s stands twice for segment %d", d.Product, m.Item, m.Segment)
	}
	return nil
}

// checkOrder refuses a routing that goes round in a circle.
func (d *Definition) checkOrder() error {
	for _, s := range d.Segments {
		for _, b := range s.After {
			if _, ok := d.Segment(b); !ok {
				return invalid("product %s, segment %d: it follows %d, which there is not", d.Product, s.No, b)
			}
		}
	}
	done := map[int]bool{}
	for range d.Segments {
		for _, s := range d.Segments {
			if !slices.ContainsFunc(d.Before(s.No), func(b int) bool { return !done[b] }) {
				done[s.No] = true
			}
		}
	}
	for _, s := range d.Segments {
		if !done[s.No] {
			return invalid("product %s: segment %d comes after itself, by way of %v; take one of its forerunners away", d.Product, s.No, d.Before(s.No))
		}
	}
	return nil
}

// Bills tells the materials of a product, as they are now; none of what is
// bought.
type Bills func(product string) []Material

// CheckBill refuses a bill of materials by which a product would go into itself,
// and says by which way.
func CheckBill(product string, own []Material, bills Bills) error {
	done := map[string]bool{}
	var walk func(way []string, materials []Material) error
	walk = func(way []string, materials []Material) error {
		for _, m := range materials {
			if slices.Contains(way, m.Item) {
				return invalid("product %s would be made of itself: %s", m.Item, strings.Join(append(way, m.Item), " → "))
			}
			if done[m.Item] {
				continue
			}
			if err := walk(append(slices.Clip(way), m.Item), bills(m.Item)); err != nil {
				return err
			}
			done[m.Item] = true
		}
		return nil
	}
	return walk([]string{product}, own)
}
