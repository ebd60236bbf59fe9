package material

import (
	"cmp"
	"strings"

	"zhigai/plant"
)

// Kind says what happened.
type Kind string

// Kinds of entries.
const (
	Received  Kind = "received"  // from a supplier
	Produced  Kind = "produced"  // by a job
	Moved     Kind = "moved"     //
	Split     Kind = "split"     // a part of a lot becomes a lot of its own
	Merged    Kind = "merged"    // a part of a lot goes into another
	Consumed  Kind = "consumed"  // by a job
	Shipped   Kind = "shipped"   // to a customer
	Scrapped  Kind = "scrapped"  //
	Adjusted  Kind = "adjusted"  // found to be more or less, without a count
	Counted   Kind = "counted"   // weighed or counted: what really lies there
	Blocked   Kind = "blocked"   // the lot must not be used
	Unblocked Kind = "unblocked" //
	Reserved  Kind = "reserved"  // for an order; the last word counts
	Withdrawn Kind = "withdrawn" // an earlier entry never counted
)

// Entry is one fact about material. Entries are followed in the order of At, not
// of their arrival.
type Entry struct {
	ID       string         `json:"id,omitempty" readOnly:"true"`
	At       plant.Instant  `json:"at,omitempty" doc:"When it happened, of an entry that was made without the network; now when left out"`
	Entered  plant.Instant  `json:"entered,omitempty" readOnly:"true" doc:"When this node heard of it"`
	By       string         `json:"by,omitempty" readOnly:"true"`
	Key      string         `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same entry"`
	What     Kind           `json:"what" enum:"received,produced,moved,split,merged,consumed,shipped,scrapped,adjusted,counted,blocked,unblocked,reserved,withdrawn"`
	Item     string         `json:"item,omitempty" maxLength:"63"`
	Lot      string         `json:"lot,omitempty" maxLength:"63" doc:"Number of the lot or serial; none of items that are not tracked"`
	From     string         `json:"from,omitempty" maxLength:"400" doc:"Location that it is taken from, counted or adjusted at"`
	To       string         `json:"to,omitempty" maxLength:"400" doc:"Location that it is brought to"`
	Quantity plant.Quantity `json:"quantity,omitempty" doc:"In the item's unit; of counted what lies there; of adjusted more or less"`
	Unit     string         `json:"unit,omitempty" maxLength:"20" doc:"Refused when it is not the item's"`
	Into     string         `json:"into,omitempty" maxLength:"63" doc:"Number of the new lot of a split, the lot that a merge goes into, or the lot that was made of what was consumed"`
	Product  string         `json:"product,omitempty" maxLength:"63" doc:"Item of into, of consumed"`
	Order    string         `json:"order,omitempty" maxLength:"40" doc:"Number of the order"`
	Job      int            `json:"job,omitempty" minimum:"0" maximum:"9999"`
	Machine  plant.NodeID   `json:"equipment,omitempty" maxLength:"60"`
	Began    plant.Instant  `json:"began,omitempty" doc:"Of produced: when making it began; found from the job when left out"`
	Expires  string         `json:"expires,omitempty" maxLength:"10" doc:"Of received: first day on which it must not be used; by the item's shelf life when left out"`
	Party    string         `json:"party,omitempty" maxLength:"200" doc:"Supplier or customer"`
	Paper    string         `json:"paper,omitempty" maxLength:"100" doc:"Number of the delivery note or certificate"`
	Arrival  string         `json:"arrival,omitempty" maxLength:"60" doc:"Of received: id of the expected arrival that it is of"`
	Reason   string         `json:"reason,omitempty" maxLength:"200"`
	Note     string         `json:"note,omitempty" maxLength:"1000"`
	Derived  *Derived       `json:"derived,omitempty" readOnly:"true" doc:"How a back-flushed quantity was found"`
	Entry    string         `json:"entry,omitempty" maxLength:"60" doc:"Of withdrawn: id of the entry that never counted"`
}

// Derived says how a back-flushed quantity was found.
type Derived struct {
	Made     int64          `json:"made" doc:"Units the job had made, scrap and rework with them"`
	Per      plant.Quantity `json:"per" doc:"Of the item, for one unit, by the bill of materials"`
	Revision int            `json:"revision" doc:"Of the operations definition"`
}

// LotID names a lot everywhere: item and number, parted by ':'.
func LotID(item, number string) string { return item + ":" + number }

// PartsOf takes a LotID apart.
func PartsOf(id string) (item, number string) {
	item, number, _ = strings.Cut(id, ":")
	return item, number
}

// LotID is the lot that an entry is about.
func (e Entry) LotID() string { return LotID(e.Item, e.Lot) }

// IntoID is the other lot of a split, a merge or a consumption; "" for none.
func (e Entry) IntoID() string {
	switch {
	case e.Into == "":
		return ""
	case e.What == Consumed:
		return LotID(e.Product, e.Into)
	default:
		return LotID(e.Item, e.Into)
	}
}

// before is the order in which entries are followed.
func (e Entry) before(o Entry) int {
	return cmp.Or(cmp.Compare(e.At, o.At), cmp.Compare(e.ID, o.ID))
}

// Leg is what an entry does to one lot in one location: it adds, or it says what
// lies there.
type Leg struct {
	Lot      string
	Location string
	At       plant.Instant
	Entry    string // id
	What     Kind
	By       string
	Count    bool // Quantity lies there
	Quantity plant.Quantity
}

// Legs are what an entry does to balances.
func (e Entry) Legs() []Leg {
	leg := func(lot, location string, q plant.Quantity) Leg {
		return Leg{Lot: lot, Location: location, At: e.At, Entry: e.ID, What: e.What, By: e.By, Quantity: q}
	}
	switch e.What {
	case Received, Produced:
		return []Leg{leg(e.LotID(), e.To, e.Quantity)}
	case Moved:
		return []Leg{leg(e.LotID(), e.From, -e.Quantity), leg(e.LotID(), e.To, e.Quantity)}
	case Split, Merged:
		return []Leg{leg(e.LotID(), e.From, -e.Quantity), leg(e.IntoID(), e.From, e.Quantity)}
	case Consumed, Shipped, Scrapped:
		return []Leg{leg(e.LotID(), e.From, -e.Quantity)}
	case Adjusted:
		return []Leg{leg(e.LotID(), e.From, e.Quantity)}
	case Counted:
		l := leg(e.LotID(), e.From, e.Quantity)
		l.Count = true
		return []Leg{l}
	default:
		return nil
	}
}

// Check says what is wrong with an entry by itself.
func (e *Entry) Check() error {
	for _, s := range []*string{&e.Item, &e.Lot, &e.From, &e.To, &e.Into, &e.Product, &e.Order, &e.Party, &e.Paper, &e.Reason, &e.Note} {
		*s = strings.TrimSpace(*s)
	}
	switch {
	case len(e.Note) > maxNote || len(e.Reason) > maxName || len(e.Party) > maxName || len(e.Paper) > maxName || len(e.Key) > maxName || len(e.Order) > maxName:
		return invalid("a text is too long: %d bytes for a note, %d for others", maxNote, maxName)
	case e.What == Withdrawn && (e.Entry == "" || e.Note == ""):
		return invalid("name the entry that never counted, and say in a note why")
	case e.What == Withdrawn:
		return nil
	case e.Arrival != "" && e.What != Received:
		return invalid("%s names an arrival; only what is received is of one", e.What)
	case !codePattern.MatchString(e.Item):
		return invalid("%q is no code of an item", e.Item)
	case e.Lot != "" && !numberPattern.MatchString(e.Lot) || e.Into != "" && !numberPattern.MatchString(e.Into):
		return invalid("a lot's number has 1 to %d letters, digits, blanks and . _ # + - and begins with a letter or digit; %q and %q were given", maxCode, e.Lot, e.Into)
	case e.Quantity > plant.Quantity(maxAmount)*plant.One || e.Quantity < -plant.Quantity(maxAmount)*plant.One:
		return invalid("a quantity of %s; %d are the most of one entry", e.Quantity, int64(maxAmount))
	}
	return e.checkKind()
}

func (e *Entry) checkKind() error {
	needs := func(ok bool, what string) error {
		if ok {
			return nil
		}
		return invalid("%s: %s", e.What, what)
	}
	positive := e.Quantity > 0
	switch e.What {
	case Received:
		return needs(positive && e.To != "", "say how much was received, more than nothing, and where it lies")
	case Produced:
		return needs(positive && e.To != "" && e.Order != "" && e.Job > 0, "say how much was made, more than nothing, where it lies, and the order and job that made it")
	case Moved:
		return needs(positive && e.From != "" && e.To != "" && e.From != e.To, "say how much went from which location to which other one")
	case Split:
		return needs(positive && e.From != "" && e.Lot != "" && e.Into != "" && e.Into != e.Lot, "say how much of which lot becomes which other lot, and where it lies")
	case Merged:
		return needs(positive && e.From != "" && e.Lot != "" && e.Into != "" && e.Into != e.Lot, "say how much of which lot goes into which other lot, and where both lie")
	case Consumed:
		return needs((positive || e.Derived != nil && e.Quantity != 0) && e.From != "" && (e.Order != "" && e.Job > 0 || e.Into != ""), "say how much was used up, more than nothing, from where, and for which order and job or lot")
	case Shipped:
		return needs(positive && e.From != "" && e.Party != "", "say how much left, more than nothing, from where and for whom")
	case Scrapped:
		return needs(positive && e.From != "" && e.Reason != "", "say how much, more than nothing, from where and why")
	case Adjusted:
		return needs(e.Quantity != 0 && e.From != "" && e.Reason != "", "say how much more or less there is, where and why")
	case Counted:
		return needs(e.Quantity >= 0 && e.From != "", "say how much lies where; nothing is 0")
	case Blocked:
		return needs(e.Lot != "" && e.Reason != "", "say which lot and why")
	case Unblocked:
		return needs(e.Lot != "" && e.Note != "", "say which lot, and in a note why it may be used again")
	case Reserved:
		return needs(e.Quantity >= 0 && e.Order != "", "say how much for which order; 0 takes the reservation back")
	default:
		return invalid("there is no entry %q", e.What)
	}
}
