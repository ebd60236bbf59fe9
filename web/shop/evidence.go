package shop

import (
	"context"
	"net/http"
	"time"

	"zhigai/access"
	"zhigai/evidence"
	"zhigai/evidence/requests"
	"zhigai/plant"
	"zhigai/web"
)

// Evidence is what the API asks of requests for samples that another node keeps.
type Evidence interface {
	Received(ctx context.Context) ([]requests.Request, error)
	Made(ctx context.Context) ([]requests.Request, error)
	Ask(ctx context.Context, w requests.Wish) (requests.Shown, error)
	Look(ctx context.Context, person string, equipment plant.NodeID) (requests.Shown, error)
	State(ctx context.Context, person string, equipment plant.NodeID, id string) (requests.Shown, error)
	Page(ctx context.Context, w requests.Wish, id, tag string, day evidence.Day, hour int) (requests.Shown, error)
	Decide(ctx context.Context, by, id string, d requests.Decision) (requests.Request, error)
}

// EvidenceRequest is a request for samples, and what became of it.
type EvidenceRequest struct {
	ID        string             `json:"id"`
	Made      time.Time          `json:"made"`
	Node      string             `json:"node" doc:"At which the person sits"`
	At        string             `json:"at" doc:"Node that keeps the samples and decides"`
	Via       []string           `json:"via" nullable:"false" doc:"Nodes between"`
	Person    string             `json:"person"`
	Office    string             `json:"office"`
	Purpose   string             `json:"purpose"`
	Equipment plant.NodeID       `json:"equipment"`
	Tags      []string           `json:"tags" nullable:"false"`
	From      string             `json:"from" format:"date"`
	To        string             `json:"to" format:"date" doc:"Last day, included"`
	State     string             `json:"state" enum:"waiting,granted,refused,withdrawn"`
	By        string             `json:"by,omitempty"`
	Reason    string             `json:"reason,omitempty"`
	Until     time.Time          `json:"until,omitzero"`
	Answers   int64              `json:"answers" doc:"Hours of a tag that were given"`
	Samples   int64              `json:"samples" doc:"In them"`
	Denied    int64              `json:"denied" doc:"Hours that were asked for and not given"`
	Last      time.Time          `json:"last,omitzero" doc:"Of both"`
	Steps     []EvidenceDecision `json:"steps" nullable:"false"`
}

// EvidenceDecision is one step of a request.
type EvidenceDecision struct {
	At     time.Time `json:"at"`
	State  string    `json:"state"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

func evidenceRequest(r requests.Request) EvidenceRequest {
	out := EvidenceRequest{
		ID: r.ID, Made: stamp(r.Made), Node: r.Wish.Node, At: r.At, Via: append([]string{}, r.Wish.Via...), Person: r.Wish.Person, Office: r.Wish.Office, Purpose: r.Wish.Purpose,
		Equipment: r.Wish.Equipment, Tags: append([]string{}, r.Wish.Tags...), From: r.Wish.From.String(), To: r.Wish.To.String(), State: r.State, By: r.By, Reason: r.Reason,
		Until: stamp(r.Until), Answers: r.Answers, Samples: r.Samples, Denied: r.Denied, Last: stamp(r.Last), Steps: []EvidenceDecision{},
	}
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, EvidenceDecision{At: stamp(s.At), State: s.State, By: s.By, Reason: s.Reason, Until: stamp(s.Until)})
	}
	return out
}

type evidenceWish struct {
	Equipment plant.NodeID `json:"equipment" maxLength:"60"`
	Office    string       `json:"office" minLength:"1" maxLength:"200"`
	Purpose   string       `json:"purpose" minLength:"1" maxLength:"1000"`
	Tags      []string     `json:"tags" minItems:"1" maxItems:"20" nullable:"false" doc:"Names at the machine: count.good"`
	From      string       `json:"from" format:"date" doc:"Day of UTC"`
	To        string       `json:"to" format:"date" doc:"Last day, included; at most 31 days"`
}

// EvidenceState is how a request stands, as the node that decides says.
type EvidenceState struct {
	Request    string        `json:"request,omitempty"`
	State      string        `json:"state" doc:"waiting, granted, refused, withdrawn; ended: the grant's time is over; declined: this page is not given; offline: the node is away; ready: it can be asked"`
	At         string        `json:"at,omitempty" doc:"Node that answers; of offline the one that is away"`
	Reason     string        `json:"reason,omitempty"`
	Until      time.Time     `json:"until,omitzero"`
	Since      time.Time     `json:"since,omitzero" doc:"Of offline: when it was last heard of"`
	LastSealed string        `json:"last_sealed,omitempty" format:"date" doc:"Newest recorded day of the node whose seal is held here"`
	Tags       []EvidenceTag `json:"tags,omitempty" doc:"Of ready what can be asked for, of a request what was"`
}

// EvidenceTag is a tag that can be asked for.
type EvidenceTag struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	Kind string `json:"kind,omitempty"`
}

// EvidencePage is an hour of a tag with the state of its proof.
type EvidencePage struct {
	EvidenceState
	Path  string           `json:"path,omitempty"`
	Unit  string           `json:"unit,omitempty"`
	Proof string           `json:"proof,omitempty" enum:"verified,unsealed,unheld,expired" doc:"verified: the samples fit a seal that is held here; unsealed: no seal is over them yet; unheld: the seal has not come here yet, and nothing is shown; expired: only the digest is left"`
	Rows  []EvidenceSample `json:"rows" nullable:"false"`
	// Sealed says which seal the samples fit.
	Sealed *EvidenceSeal `json:"sealed,omitempty"`
}

// EvidenceSample is a sample; of a bad one Raw are the device's bytes.
type EvidenceSample struct {
	Time    time.Time `json:"time"`
	Quality string    `json:"quality"`
	Value   *float64  `json:"value,omitempty"`
	Text    *string   `json:"text,omitempty"`
}

// EvidenceSeal is the seal that a page was checked against.
type EvidenceSeal struct {
	Number int64  `json:"number"`
	Day    string `json:"day" format:"date"`
	Hash   string `json:"hash"`
	Digest string `json:"digest" doc:"Of the tag's day"`
}

func (r *rooms) registerEvidence() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evidence-requests", ID: "evidence-requests", Summary: "Who asked to see samples, newest first: of this node's machines, or from this node", Tag: "evidence", Needs: access.ReadAudit, Whole: true},
		func(ctx context.Context, in *struct {
			Side string `query:"side" enum:"received,made" default:"received" doc:"received: others ask this node; made: people of this node ask others"`
		},
		) (*web.ListOut[EvidenceRequest], error) {
			list := r.Evidence.Received
			if in.Side == "made" {
				list = r.Evidence.Made
			}
			all, err := list(ctx)
			out := make([]EvidenceRequest, 0, len(all))
			for _, one := range all {
				out = append(out, evidenceRequest(one))
			}
			return web.NewList(out, ""), err
		})
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/evidence-requests", ID: "ask-evidence", Summary: "Ask the node that keeps a machine's samples to see them; asking the same again tells how it stands", Tag: "evidence", Needs: access.SignedIn, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body evidenceWish }) (*struct{ Body EvidenceState }, error) {
			return r.askEvidence(ctx, in.Body)
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/evidence-requests/{id}/page", ID: "evidence-page", Summary: "An hour of a tag of a granted request, checked against the seal that is held here", Tag: "evidence", Needs: access.SignedIn, Heavy: true},
		r.evidencePage)
	web.Handle(r.api, web.Op{Method: http.MethodPost, Path: "/evidence-requests/{id}/decision", ID: "decide-evidence", Summary: "Grant, refuse or withdraw a request for this node's samples", Tag: "evidence", Needs: access.Administer, Whole: true},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"60"`
			Body struct {
				State  string    `json:"state" enum:"granted,refused,withdrawn"`
				Reason string    `json:"reason,omitempty" maxLength:"1000" doc:"Needed to refuse and to withdraw; the asker reads it"`
				Until  time.Time `json:"until,omitzero" doc:"Of granted: within a year"`
			}
		},
		) (*struct{ Body EvidenceRequest }, error) {
			out, err := r.Evidence.Decide(ctx, web.Who(ctx).Name, in.ID, requests.Decision{State: in.Body.State, Reason: in.Body.Reason, Until: micros(in.Body.Until)})
			if err != nil {
				return nil, err
			}
			return &struct{ Body EvidenceRequest }{evidenceRequest(out)}, r.api.Audit(ctx, "evidence.decide", in.ID, nil, in.Body)
		})
}

func evidenceState(s requests.Shown) EvidenceState {
	out := EvidenceState{Request: s.Request, State: s.State, At: s.At, Reason: s.Reason, Until: stamp(s.Until), Since: stamp(s.Since)}
	for _, t := range s.Tags {
		out.Tags = append(out.Tags, EvidenceTag(t))
	}
	if s.LastSealed != nil {
		out.LastSealed = s.LastSealed.String()
	}
	return out
}

func (r *rooms) askEvidence(ctx context.Context, in evidenceWish) (*struct{ Body EvidenceState }, error) {
	if err := r.mayAsk(ctx, in.Equipment); err != nil {
		return nil, err
	}
	from, err := evidence.ParseDay(in.From)
	if err != nil {
		return nil, web.Invalid("body.from", "%v", err)
	}
	to, err := evidence.ParseDay(in.To)
	if err != nil {
		return nil, web.Invalid("body.to", "%v", err)
	}
	w := requests.Wish{Person: web.Who(ctx).Name, Office: in.Office, Purpose: in.Purpose, Equipment: in.Equipment, Tags: in.Tags, From: from, To: to}
	out, err := r.Evidence.Ask(ctx, w)
	if err != nil {
		return nil, err
	}
	asked := struct {
		evidenceWish
		State  string `json:"state"`
		Reason string `json:"reason,omitempty"`
	}{in, out.State, out.Reason}
	return &struct{ Body EvidenceState }{evidenceState(out)}, r.api.Audit(ctx, "evidence.ask", out.Request, nil, asked)
}

type evidencePageIn struct {
	ID        string `path:"id" maxLength:"60"`
	Equipment string `query:"equipment" required:"true" maxLength:"60"`
	Office    string `query:"office" required:"true" minLength:"1" maxLength:"200" doc:"As it was asked"`
	TagName   string `query:"tag" required:"true" maxLength:"200"`
	Day       string `query:"day" required:"true" format:"date" doc:"Day of UTC"`
	Hour      int    `query:"hour" minimum:"0" maximum:"23"`
}

func (r *rooms) evidencePage(ctx context.Context, in *evidencePageIn) (*struct{ Body EvidencePage }, error) {
	if err := r.mayAsk(ctx, plant.NodeID(in.Equipment)); err != nil {
		return nil, err
	}
	day, err := evidence.ParseDay(in.Day)
	if err != nil {
		return nil, web.Invalid("query.day", "%v", err)
	}
	w := requests.Wish{Person: web.Who(ctx).Name, Office: in.Office, Purpose: "request " + in.ID, Equipment: plant.NodeID(in.Equipment), Tags: []string{in.TagName}, From: day, To: day}
	s, err := r.Evidence.Page(ctx, w, in.ID, in.TagName, day, in.Hour)
	if err != nil {
		return nil, err
	}
	out := EvidencePage{EvidenceState: evidenceState(s), Proof: s.Proof, Rows: []EvidenceSample{}}
	if p := s.Page; p != nil {
		out.Path, out.Unit = p.Path, p.Unit
		for _, row := range p.Samples.Rows {
			one := EvidenceSample{Time: row.Time.Time(), Quality: row.Quality.String()}
			if p.Samples.Texts {
				one.Text = &row.Text
			} else if !row.Quality.IsBad() {
				one.Value = &row.Value
			}
			out.Rows = append(out.Rows, one)
		}
		if p.Proof != nil {
			out.Sealed = &EvidenceSeal{Number: p.Proof.Seal.Number, Day: p.Proof.Seal.Day.String(), Hash: p.Proof.Seal.Hash().String(), Digest: p.Proof.Leaf.Hash.String()}
		}
	}
	return &struct{ Body EvidencePage }{out}, r.api.Audit(ctx, "evidence"+access.ReadSuffix, "equipment/"+in.Equipment, nil, in)
}
