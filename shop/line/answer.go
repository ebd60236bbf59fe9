package line

import (
	calc "zhigai/calc/line"
	"zhigai/figure"
	"zhigai/plant"
)

// Analysis is a line in a window: what its stations did, who held it up, where the
// parts went.
type Analysis struct {
	Layout      Layout          `json:"layout" doc:"As it is in force at the end of the window"`
	Name        plant.Name      `json:"name"`
	From        plant.Instant   `json:"from" doc:"Later than asked when the layout is younger"`
	To          plant.Instant   `json:"to" doc:"No later than now"`
	Provisional bool            `json:"provisional" doc:"The window was not over"`
	Stations    []StationDid    `json:"stations" nullable:"false"`
	Buffers     []Buffer        `json:"buffers" nullable:"false" doc:"One for each link of the layout, in its order"`
	Bottleneck  Bottleneck      `json:"bottleneck"`
	Waterfall   *Waterfall      `json:"waterfall" doc:"None without a bottleneck or without a planned cycle"`
	Figures     []figure.Figure `json:"figures" nullable:"false"`
	Demand      Demand          `json:"demand"`
	// Root is over Stations and Buffers, so that anyone who is given them can check.
	Root string `json:"root" doc:"SHA-256 of stations and buffers as JSON, hex"`
}

// Demand is what was wanted of the line in the window.
type Demand struct {
	Parts int64  `json:"parts"`
	Of    string `json:"of" enum:"orders,asked" doc:"orders: due in the window at the line's place; asked: given with the question"`
}

// Stretch is time of a station in one state.
type Stretch struct {
	From   plant.Instant `json:"from"`
	To     plant.Instant `json:"to"`
	State  calc.State    `json:"state" enum:"unknown,working,setup,down,service,minor,delay,starved,blocked,planned,off"`
	Source Source        `json:"source" enum:"machine,person,neighbours,rule,nobody"`
	Reason string        `json:"reason,omitempty" doc:"Stop reason, where somebody gave one"`
}

// Made is what was counted.
type Made struct {
	Good   int64 `json:"good"`
	Scrap  int64 `json:"scrap"`
	Rework int64 `json:"rework"`
}

// StationDid is what a station did.
type StationDid struct {
	Code      string           `json:"code"`
	Name      plant.Name       `json:"name"`
	Function  Function         `json:"function" enum:"machining,packaging,handling,batching,assembly,inspection,loading,storage"`
	State     calc.State       `json:"state" enum:"unknown,working,setup,down,service,minor,delay,starved,blocked,planned,off" doc:"At the end of the window"`
	Since     plant.Instant    `json:"since" doc:"As far as the window goes"`
	TimesMs   map[string]int64 `json:"times_ms" doc:"By state; they add up to the window"`
	CycleMs   float64          `json:"cycle_ms" doc:"Planned, for one part that comes out of the line, its machines together and over the mix that came out; 0 when nobody planned one"`
	KnownMs   int64            `json:"known_ms" doc:"Of its machines' planned busy time known"`
	BusyMs    int64            `json:"busy_ms" doc:"Its machines' planned busy time"`
	Made      Made             `json:"made"`
	Stretches []Stretch        `json:"stretches" nullable:"false"`
	Machines  []MachineDid     `json:"machines" nullable:"false"`
}

// MachineDid is what one machine of a station did.
type MachineDid struct {
	ID        plant.NodeID `json:"id"`
	Path      string       `json:"path,omitempty" doc:"Empty when it is not in the line any more: nothing is known of it"`
	Name      plant.Name   `json:"name"`
	Made      Made         `json:"made"`
	Stretches []Stretch    `json:"stretches" nullable:"false"`
}

// Buffer is what was between two stations.
type Buffer struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Capacity *int64   `json:"capacity,omitempty"`
	Anchor   Anchor   `json:"anchor" enum:"empty,full,none" doc:"empty: counted from the lowest content in the window taken for none, so that there was at least as much; full: from the highest taken for full, so that there was at most as much; none: it cannot be told, as the station before has several ways out"`
	Content  *int64   `json:"content" doc:"At the end of the window, estimated from counts"`
	Highest  *int64   `json:"highest"`
	Mean     *float64 `json:"mean"`
	Doubt    bool     `json:"doubt,omitempty" doc:"The content moved by more than fits: parts come or go that nobody counts"`
}

// Bottleneck is who held the line up.
type Bottleneck struct {
	Moments    []Moment      `json:"moments" nullable:"false" doc:"Cover the window without a gap"`
	Shares     []Share       `json:"shares" nullable:"false" doc:"By station"`
	ShiftingMs int64         `json:"shifting_ms" doc:"While it moved, each instant once; with the sole times and none_ms this is the window"`
	NoneMs     int64         `json:"none_ms" doc:"No station was active"`
	Main       string        `json:"main,omitempty" doc:"Code of the station that was it longest"`
	Now        string        `json:"now,omitempty" doc:"At the end of the window"`
	Since      plant.Instant `json:"since,omitempty" doc:"From when on, without a break, as far as the window goes"`
}

// Moment is time in which a station was the bottleneck.
type Moment struct {
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to"`
	Station string        `json:"station,omitempty" doc:"None when no station was active"`
	With    string        `json:"with,omitempty" doc:"The station it moved to or came from meanwhile"`
}

// Share is how long a station was the bottleneck.
type Share struct {
	Station      string  `json:"station"`
	SoleMs       int64   `json:"sole_ms"`
	ShiftingMs   int64   `json:"shifting_ms"`
	Periods      int     `json:"periods" doc:"Active periods"`
	MeanActiveMs float64 `json:"mean_active_ms" doc:"The station with the longest is the bottleneck of the window by the older method (2001)"`
}

// Waterfall leads from what the bottleneck could have made to what came out of the
// line, in parts of the bottleneck.
type Waterfall struct {
	Station    string  `json:"station"`
	CycleMs    float64 `json:"cycle_ms" doc:"By which time became parts: of one machine, the mean planned cycle of what was made"`
	PossibleMs int64   `json:"possible_ms" doc:"Planned operation of its machines, and what they worked outside of it"`
	Possible   float64 `json:"possible"`
	Steps      []Step  `json:"steps" nullable:"false" doc:"possible less all of them is good"`
	Good       int64   `json:"good"`
}

// Step is one loss.
type Step struct {
	Loss  calc.Loss `json:"loss" enum:"planned,breakdown,setup,minor,delay,starved,blocked,unknown,speed,scrap,after,between"`
	Ms    int64     `json:"ms"`
	Parts float64   `json:"parts" doc:"Negative where more was made than planned, or more came out than went in"`
}
