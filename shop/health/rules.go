package health

import (
	"fmt"
	"io/fs"
	"slices"

	"zhigai/plant"
)

// RulesFile is where the rules of the combined diagnosis stand.
const RulesFile = "health/diagnosis.yaml"

// Sign is something that is looked at.
type Sign string

// Signs. Those of a fault say whether the windows name it, the others how the newest
// values lie to the first ones at the same speed.
const (
	SignElement      Sign = "element" // of the bearing
	SignUnbalance    Sign = "unbalance"
	SignMisalignment Sign = "misalignment"
	SignLooseness    Sign = "looseness"
	SignGear         Sign = "gear"
	SignVibration    Sign = "vibration"
	SignKurtosis     Sign = "kurtosis"
	SignTemperature  Sign = "temperature"
	SignCurrent      Sign = "current"
)

var signs = []Sign{SignElement, SignUnbalance, SignMisalignment, SignLooseness, SignGear, SignVibration, SignKurtosis, SignTemperature, SignCurrent}

// SignState is how a sign is.
type SignState string

// States of a sign.
const (
	SignNamed    SignState = "named"    // three of the last five windows say so
	SignPossible SignState = "possible" // one or two do, or they are not sure
	SignNone     SignState = "none"
	SignUp       SignState = "up"
	SignSame     SignState = "same"
	SignDown     SignState = "down"
	SignUnknown  SignState = "unknown" // nobody measures it, or too little is known
)

var signStates = []SignState{SignNamed, SignPossible, SignNone, SignUp, SignSame, SignDown}

// Vote is what a state of a sign says of a fault.
type Vote struct {
	Sign   Sign      `yaml:"sign" json:"sign" enum:"element,unbalance,misalignment,looseness,gear,vibration,kurtosis,temperature,current"`
	Is     SignState `yaml:"is" json:"is" enum:"named,possible,none,up,same,down,unknown"`
	Weight int       `yaml:"weight" json:"weight" doc:"Above 0 for the fault, below 0 against it"`
}

// Rule is what speaks for and against a fault.
type Rule struct {
	Fault  string     `yaml:"fault" json:"fault"`
	Name   plant.Name `yaml:"name" json:"name"`
	Advice plant.Name `yaml:"advice" json:"advice"`
	Votes  []Vote     `yaml:"votes" json:"votes" nullable:"false"`
}

// Rules are those of all faults.
type Rules struct {
	Schema   string `yaml:"schema" json:"-"`
	Version  int    `yaml:"version" json:"version"`
	Source   string `yaml:"source" json:"source"`
	Verified string `yaml:"verified" json:"verified"`
	Need     int    `yaml:"need" json:"need" doc:"What the votes of a fault have to come to"`
	Lead     int    `yaml:"lead" json:"lead" doc:"By how much it has to lead every other"`
	Rules    []Rule `yaml:"rules" json:"rules" nullable:"false"`
}

// LoadRules reads the rules and checks that each can come true.
func LoadRules(data fs.FS, name string) (*Rules, error) {
	r := &Rules{}
	if err := readYAML(data, name, r); err != nil {
		return nil, err
	}
	if r.Need < 1 || r.Lead < 1 || r.Source == "" || r.Verified == "" || len(r.Rules) == 0 {
		return nil, fmt.Errorf("%s: need and lead above 0, a source, verified and rules are needed", name)
	}
	for i, one := range r.Rules {
		most := map[Sign]int{}
		for _, v := range one.Votes {
			if !slices.Contains(signs, v.Sign) || !slices.Contains(signStates, v.Is) || v.Weight == 0 {
				return nil, fmt.Errorf("%s: %s: vote %s %s %d: a known sign, a known state and a weight are needed", name, one.Fault, v.Sign, v.Is, v.Weight)
			}
			most[v.Sign] = max(most[v.Sign], v.Weight)
		}
		sum := 0
		for _, w := range most {
			sum += w
		}
		if one.Fault == "" || one.Name.ZH == "" || sum < r.Need || slices.IndexFunc(r.Rules, func(o Rule) bool { return o.Fault == one.Fault }) != i {
			return nil, fmt.Errorf("%s: fault %q: a name of its own, a Chinese name, and votes that can come to %d are needed", name, one.Fault, r.Need)
		}
	}
	return r, nil
}
