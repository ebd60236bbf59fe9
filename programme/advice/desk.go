package advice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/plant"
)

// Desk is where questions are asked, directed and answered. Its methods may be
// called concurrently.
type Desk struct {
	Store   Store
	Files   Files
	Firms   Firms
	Experts Experts
	// Division reports whether a code is a division at the instant, in words when
	// it is not.
	Division func(code string, at plant.Micros) error
	Now      func() time.Time
}

// Limits of one question.
const (
	maxTitle = 100 // letters
	maxText  = 4000
	maxName  = 100
	maxFiles = 10
	// MaxFile is a scanned report: the record keeps no larger one in one piece.
	MaxFile = 8 << 20
)

// china has had one zone without summer time since 1991; days are its days.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

func (d *Desk) today() string { return d.Now().In(china).Format(time.DateOnly) }

func (d *Desk) instant() time.Time { return d.Now().UTC().Truncate(time.Microsecond) }

// seen are the areas whose questions the asker sees: where the asker directs
// them, and the one firm that the asker speaks for.
func seen(who access.Principal) []access.Area {
	out := slices.Clone(who.Areas(access.DispatchExperts))
	for _, a := range who.Areas(access.ReplyFirms) {
		if a.Enterprise != "" {
			out = append(out, a)
		}
	}
	return out
}

// List gives the questions that the asker sees, the newest first, and what to
// pass as Before for the next page.
func (d *Desk) List(ctx context.Context, who access.Principal, f Filter, overdue bool) ([]Advice, string, error) {
	var err error
	if f.Experts, err = d.Experts.Own(ctx, who); err != nil {
		return nil, "", err
	}
	f.Areas, f.User = seen(who), who.User
	if overdue {
		f.Overdue = d.today()
	}
	limit := f.Limit
	f.Limit++
	out, err := d.Store.Questions(ctx, who.Scope.Tenant, f)
	next := ""
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID
	}
	for i := range out {
		out[i].User = ""
	}
	return out, next, err
}

// part is what somebody has to do with a question.
type part struct {
	asked, answers, directs bool
}

// of is a question that the asker sees, and what part the asker has in it.
func (d *Desk) of(ctx context.Context, who access.Principal, id string) (Advice, part, error) {
	a, err := d.Store.Question(ctx, who.Scope.Tenant, id)
	if err != nil {
		return a, part{}, err
	}
	own, err := d.Experts.Own(ctx, who)
	if err != nil {
		return a, part{}, err
	}
	firms := slices.DeleteFunc(seen(who), func(one access.Area) bool { return one.Enterprise == "" })
	p := part{
		asked:   a.User == who.User || a.Firm != "" && a.in(firms),
		answers: a.Expert != "" && slices.Contains(own, a.Expert),
		directs: a.in(who.Areas(access.DispatchExperts)),
	}
	if !p.asked && !p.answers && !p.directs {
		return Advice{}, p, fmt.Errorf("%w: advice %s", access.ErrNotFound, id)
	}
	return a, p, nil
}

// Question is one that the asker sees.
func (d *Desk) Question(ctx context.Context, who access.Principal, id string) (Advice, error) {
	a, _, err := d.of(ctx, who, id)
	a.User = ""
	return a, err
}

// History are the revisions of a question, oldest first.
func (d *Desk) History(ctx context.Context, who access.Principal, id string) ([]Change, error) {
	if _, _, err := d.of(ctx, who, id); err != nil {
		return nil, err
	}
	out, err := d.Store.QuestionHistory(ctx, who.Scope.Tenant, id)
	for i := range out {
		out[i].Is.User = ""
	}
	return out, err
}

// Request is a question as it is asked.
type Request struct {
	Firm   string // "" when a region asks
	Region string
	Topic  string
	Title  string
	Text   string
}

// Ask puts a question: for a firm that the asker sees, or a region all of which
// the asker sees.
func (d *Desk) Ask(ctx context.Context, who access.Principal, r Request) (Advice, error) {
	a := Advice{
		Region: r.Region, Topic: r.Topic, Title: strings.TrimSpace(r.Title), Text: strings.TrimSpace(r.Text), State: Asked, Last: string(Asked),
		AskedBy: who.Name, User: who.User, AskedAt: d.instant(), Files: []File{},
	}
	if r.Firm != "" {
		f, err := d.Firms.Firm(ctx, who.Scope.Tenant, r.Firm)
		if err != nil {
			return Advice{}, err
		}
		a.Firm, a.Called, a.Region, a.Sector = f.ID, f.Name, f.Region, f.Sector
		if !a.in(who.Areas(access.ReadFirms)) {
			return Advice{}, fmt.Errorf("%w: firm %s", access.ErrNotFound, r.Firm)
		}
	} else if err := d.Division(a.Region, plant.MicrosOf(d.Now())); err != nil {
		return Advice{}, invalid("region: %v", err)
	}
	if !a.in(who.Areas(access.ReadFirms)) {
		return Advice{}, fmt.Errorf("%w: region %s lies outside of what you see; name your firm, or a division of yours", access.ErrForbidden, a.Region)
	}
	switch {
	case !slices.Contains(Topics, a.Topic):
		return Advice{}, invalid("topic %q; known are %v", a.Topic, Topics)
	case a.Title == "" || utf8.RuneCountInString(a.Title) > maxTitle:
		return Advice{}, invalid("title: write 1 to %d letters", maxTitle)
	case a.Text == "" || utf8.RuneCountInString(a.Text) > maxText:
		return Advice{}, invalid("text: write 1 to %d letters", maxText)
	}
	return d.save(ctx, who, a)
}

func (d *Desk) save(ctx context.Context, who access.Principal, a Advice) (Advice, error) {
	out, err := d.Store.SaveQuestion(access.With(ctx, who), who.Scope.Tenant, a)
	out.User = ""
	return out, err
}

// change is what the methods that alter a question have in common.
func (d *Desk) change(ctx context.Context, who access.Principal, id string, rev int64, last string, alter func(a *Advice, p part) error) (Advice, error) {
	a, p, err := d.of(ctx, who, id)
	switch {
	case err != nil:
		return Advice{}, err
	case a.Rev != rev:
		return Advice{}, fmt.Errorf("advice %s is at revision %d, not %d: %w", id, a.Rev, rev, access.ErrConflict)
	case a.State == Closed || a.State == Withdrawn:
		return Advice{}, invalid("the question is %s; ask another", a.State)
	}
	if err := alter(&a, p); err != nil {
		return Advice{}, err
	}
	a.Last = last
	return d.save(ctx, who, a)
}

func forbidden(text string) error { return fmt.Errorf("%w: %s", access.ErrForbidden, text) }

// Direct says who is to answer, an expert of the register or somebody by name,
// and by when.
func (d *Desk) Direct(ctx context.Context, who access.Principal, id string, rev int64, expert, organisation, due string) (Advice, error) {
	return d.change(ctx, who, id, rev, string(Directed), func(a *Advice, p part) error {
		organisation = strings.TrimSpace(organisation)
		_, bad := time.Parse(time.DateOnly, due)
		switch {
		case !p.directs:
			return forbidden("questions are directed by who sends experts to the region")
		case a.State == Answered:
			return invalid("it is answered; the asker closes it or asks on")
		case bad != nil || due < d.today():
			return invalid("due: %q; write a day that is to come, 2026-05-01", due)
		case expert == "" && organisation == "":
			return invalid("expert: choose one of the register, or write the organisation that is to answer")
		case utf8.RuneCountInString(organisation) > maxName:
			return invalid("organisation: at most %d letters", maxName)
		}
		a.Expert, a.To, a.Organisation = "", organisation, organisation
		if expert != "" {
			e, err := d.Experts.Adviser(ctx, who.Scope.Tenant, expert, Firm{a.Firm, a.Called, a.Region, a.Sector})
			if err != nil {
				return err
			}
			a.Expert, a.To, a.Organisation = e.ID, e.Name, e.Organisation
		}
		a.State, a.Due, a.DirectedBy = Directed, due, who.Name
		return nil
	})
}

// Answer is the word of who was asked; who directs questions enters that of an
// organisation, or of an expert who has no account.
func (d *Desk) Answer(ctx context.Context, who access.Principal, id string, rev int64, text, reference string, files []File) (Advice, error) {
	return d.change(ctx, who, id, rev, string(Answered), func(a *Advice, p part) error {
		text, reference = strings.TrimSpace(text), strings.TrimSpace(reference)
		switch {
		case !p.answers && !p.directs:
			return forbidden("it is answered by whom it went to, or entered by who directs questions of the region")
		case a.State != Directed && a.State != Answered:
			return invalid("nobody is to answer it yet; direct it first")
		case text == "" || utf8.RuneCountInString(text) > maxText:
			return invalid("answer: write 1 to %d letters", maxText)
		case utf8.RuneCountInString(reference) > maxText:
			return invalid("reference: at most %d letters", maxText)
		case len(files) > maxFiles:
			return invalid("files: %d; at most %d", len(files), maxFiles)
		}
		for _, f := range files {
			if len(f.SHA256) != 64 || f.Name == "" || utf8.RuneCountInString(f.Name) > 2*maxName {
				return invalid("file %q: send it first and name it as it was answered", f.Name)
			}
			if _, err := d.Files.File(ctx, who.Scope.Tenant, f.SHA256); err != nil {
				return invalid("file %q is not here; send it first", f.Name)
			}
		}
		if files == nil {
			files = []File{}
		}
		a.State, a.Answer, a.Reference, a.Files, a.AnsweredBy, a.AnsweredAt = Answered, text, reference, files, who.Name, d.instant()
		return nil
	})
}

// End closes a question that is answered, asks on when the answer does not do,
// or withdraws it.
func (d *Desk) End(ctx context.Context, who access.Principal, id string, rev int64, to, note string) (Advice, error) {
	return d.change(ctx, who, id, rev, to, func(a *Advice, p part) error {
		note = strings.TrimSpace(note)
		if utf8.RuneCountInString(note) > maxText {
			return invalid("note: at most %d letters", maxText)
		}
		switch {
		case !p.asked && !p.directs:
			return forbidden("it is closed, asked on or withdrawn by who asked, or who directs questions of the region")
		case to == "closed" && a.State == Answered:
			a.State = Closed
		case to == "closed":
			return invalid("it is not answered; withdraw it with a reason")
		case (to == "asked_on" || to == "withdrawn") && note == "":
			return invalid("note: say why")
		case to == "asked_on" && a.State == Answered:
			a.State = Directed
		case to == "asked_on":
			return invalid("it is not answered yet")
		case to == "withdrawn":
			a.State = Withdrawn
		default:
			return invalid("%q; write closed, asked_on or withdrawn", to)
		}
		a.Note = note
		return nil
	})
}

// SaveFile keeps a file that an answer can name.
func (d *Desk) SaveFile(ctx context.Context, who access.Principal, id, name string, data []byte) (File, error) {
	_, p, err := d.of(ctx, who, id)
	switch {
	case err != nil:
		return File{}, err
	case !p.answers && !p.directs:
		return File{}, forbidden("files are attached by who answers")
	case len(data) == 0 || len(data) > MaxFile:
		return File{}, invalid("a file of %d bytes; 1 to %d are kept", len(data), MaxFile)
	}
	sum := sha256.Sum256(data)
	f := File{SHA256: hex.EncodeToString(sum[:]), Name: name, Bytes: int64(len(data))}
	return f, d.Files.SaveFile(ctx, who.Scope.Tenant, f.SHA256, data)
}

// File gives back one that the answer names.
func (d *Desk) File(ctx context.Context, who access.Principal, id, digest string) (File, []byte, error) {
	a, _, err := d.of(ctx, who, id)
	if err != nil {
		return File{}, nil, err
	}
	i := slices.IndexFunc(a.Files, func(f File) bool { return f.SHA256 == digest })
	if i < 0 {
		return File{}, nil, fmt.Errorf("%w: file %s of advice %s", access.ErrNotFound, digest, id)
	}
	data, err := d.Files.File(ctx, who.Scope.Tenant, digest)
	if errors.Is(err, access.ErrNotFound) {
		err = fmt.Errorf("%w: file %s of advice %s", access.ErrNotFound, digest, id)
	}
	return a.Files[i], data, err
}
