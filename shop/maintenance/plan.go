package maintenance

import (
	"strings"
	"time"

	"zhigai/plant"
)

// By says what makes a plan due.
type By string

// What makes a plan due.
const (
	ByTime  By = "time"
	ByCount By = "count" // of what the machine itself counted
	ByAlarm By = "alarm"
)

// Plan says when something is to be done at a machine again and again.
type Plan struct {
	ID      string       `json:"id"`
	Rev     int64        `json:"rev"`
	Machine plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Title   string       `json:"title" minLength:"1" maxLength:"200"`
	By      By           `json:"by" enum:"time,count,alarm"`
	Days    float64      `json:"days,omitempty" minimum:"0" maximum:"3660" doc:"By time: how many days after the last time"`
	Parts   int64        `json:"parts,omitempty" minimum:"0" doc:"By count: after how many parts that the machine counted"`
	Alarm   string       `json:"alarm,omitempty" maxLength:"300" doc:"By alarm: its id at the machine"`
	// Begin is from when on it counts; of a new plan now.
	Begin    plant.Instant `json:"begin,omitempty" doc:"From when on it counts; now when left out"`
	Priority int           `json:"priority" minimum:"1" maximum:"4"`
	Checks   []string      `json:"checks" maxItems:"100" doc:"Lines of the check list"`
	VerifyS  int64         `json:"verify_s,omitempty" minimum:"0" maximum:"7776000"`
	Off      bool          `json:"off,omitempty"`
}

// MaxPlans bounds what a tenant has.
const MaxPlans = 5000

// Check says what is wrong with a plan.
func (p Plan) Check() error {
	switch {
	case strings.TrimSpace(p.Title) == "":
		return invalid("say in a few words what is to be done")
	case p.Priority < 1 || p.Priority > 4:
		return invalid("priority %d; write 1 (most urgent) to 4", p.Priority)
	case p.By == ByTime && p.Days <= 0:
		return invalid("a plan by time needs the days between two times, above 0")
	case p.By == ByCount && p.Parts <= 0:
		return invalid("a plan by count needs the parts between two times, above 0")
	case p.By == ByAlarm && p.Alarm == "":
		return invalid("a plan by alarm needs the id of the alarm")
	case p.By != ByTime && p.By != ByCount && p.By != ByAlarm:
		return invalid("%q makes no plan due; write time, count or alarm", p.By)
	}
	return nil
}

// State is how a plan stands.
type PlanState struct {
	Plan
	Path string     `json:"path" doc:"Of the machine; empty when it is gone"`
	Name plant.Name `json:"name"`
	// Last is when it was done last, or begins to count.
	Last plant.Instant `json:"last" doc:"When it was done last, or began to count"`
	Due  plant.Instant `json:"due,omitempty" doc:"By time: when it is due"`
	Used *float64      `json:"used" doc:"How much of the way to the next time is gone, 1 and more when it is due; none where nobody knows"`
	Made *int64        `json:"made,omitempty" doc:"By count: parts since the last time"`
	Open string        `json:"open,omitempty" doc:"id of the order that is open for it"`
}

// at is when a plan by time is due after an instant.
func (p Plan) at(last plant.Instant) plant.Instant {
	return last + plant.Instant(time.Duration(p.Days*24*float64(time.Hour)).Microseconds())
}
