package link

import (
	"strings"
	"testing"

	"zhigai/plant"
)

const samplePolicy = `schema: zhigai.sharing/1
model: true
figures: [oee, "energy.*"]
records: [stop_reason]
tags:
  - path: "acme/*/grinding/**/count.*"
  - path: "**"
    retention: [long]
    kinds: [enumeration]
`

func TestPolicy_Shares(t *testing.T) {
	p, err := ParsePolicy([]byte(samplePolicy), Known{Figures: []string{"oee", "energy.active"}, Records: []string{"stop_reason", "count"}})
	if err != nil {
		t.Fatal(err)
	}
	tag := func(path string, r plant.Retention, k plant.TagKind) bool {
		return p.SharesTag(plant.Tag{Path: path, Retention: r, Kind: k})
	}
	for _, one := range []struct {
		what      string
		got, want bool
	}{
		{"a figure by id", p.SharesFigure("oee"), true},
		{"a figure by pattern", p.SharesFigure("energy.active"), true},
		{"another figure", p.SharesFigure("quality"), false},
		{"an event", p.SharesRecord("stop_reason"), true},
		{"another event", p.SharesRecord("count"), false},
		{"a tag two steps below **", tag("acme/xinchang/grinding/l1/m3/count.good", plant.RetainStandard, plant.KindNumber), true},
		{"a tag no step below **", tag("acme/xinchang/grinding/count.good", plant.RetainStandard, plant.KindNumber), true},
		{"a tag of another name", tag("acme/xinchang/grinding/l1/m3/spindle.speed", plant.RetainStandard, plant.KindNumber), false},
		{"a tag of another area", tag("acme/xinchang/turning/l1/m3/count.good", plant.RetainStandard, plant.KindNumber), false},
		{"a tag by class", tag("other/state", plant.RetainLong, plant.KindEnumeration), true},
		{"a tag by half a class", tag("other/state", plant.RetainLong, plant.KindNumber), false},
		{"history", p.Shares(StreamHistory), true},
		{"nothing of an empty policy", Policy{}.Shares(StreamHistory), false},
		{"nothing at all", Policy{}.SharesTag(plant.Tag{Path: "a"}), false},
		{"everything", Policy{All: true}.SharesTag(plant.Tag{Path: "a"}), true},
	} {
		if one.got != one.want {
			t.Errorf("%s: %v; want %v", one.what, one.got, one.want)
		}
	}
}

func TestParsePolicy_NamesWhatIsWrong(t *testing.T) {
	known := Known{Figures: []string{"oee"}, Records: []string{"count"}}
	for _, one := range []struct{ text, want string }{
		{"", "schema"},
		{"schema: zhigai.sharing/2\nall: true", "zhigai.sharing/2"},
		{"schema: zhigai.sharing/1\nal: true", "al"},
		{"schema: zhigai.sharing/1\nall: true\nfigures: [oee]", "all: true"},
		{"schema: zhigai.sharing/1\nfigures: [oe]", `figures[0]: nothing is called "oe"; known are oee`},
		{"schema: zhigai.sharing/1\nrecords: [stop]", `records[0]`},
		{"schema: zhigai.sharing/1\nfigures: ['[a']", "no pattern"},
		{"schema: zhigai.sharing/1\ntags: [{path: 'a/**'}]", "model: true"},
		{"schema: zhigai.sharing/1\nmodel: true\ntags: [{path: 'a//b'}]", "empty step"},
		{"schema: zhigai.sharing/1\nmodel: true\ntags: [{path: 'a/x**/b'}]", "no pattern"},
		{"schema: zhigai.sharing/1\nmodel: true\ntags: [{retention: [long]}]", "tags[0].path: missing"},
		{"schema: zhigai.sharing/1\nmodel: true\ntags: [{path: '**', retention: [ever]}]", "ever"},
		{"schema: zhigai.sharing/1\nmodel: true\ntags: [{path: '**', kinds: [int]}]", "int"},
		{"schema: [", "sharing policy"},
	} {
		if _, err := ParsePolicy([]byte(one.text), known); err == nil || !strings.Contains(err.Error(), one.want) {
			t.Errorf("ParsePolicy(%q) = %v; want %q in it", one.text, err, one.want)
		}
	}
	if _, err := ParsePolicy(make([]byte, maxPolicy+1), known); err == nil {
		t.Error("a policy of 64 KiB is read")
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(samplePolicy), "acme/a/b")
	f.Add([]byte("schema: zhigai.sharing/1\nall: true"), "")
	f.Fuzz(func(t *testing.T, raw []byte, path string) {
		p, err := ParsePolicy(raw, Known{})
		if err == nil && p.SharesTag(plant.Tag{Path: path}) && !p.All && !p.Model {
			t.Errorf("samples without the model: %q", raw)
		}
	})
}

func TestPolicy_WithdrawnSharesNothing(t *testing.T) {
	p := Policy{All: true, Withdrawn: "合同终止"}
	for s := range map[Stream]bool{StreamHistory: true, StreamRecord: true, StreamModel: true, StreamFigures: true} {
		if p.Shares(s) {
			t.Errorf("stream %s is shared", s)
		}
	}
	if p.SharesFigure("oee") || p.SharesRecord("count") || p.SharesTag(plant.Tag{Path: "a"}) {
		t.Error("something is shared")
	}
}

func TestPolicy_GrantsWhenEveryTagFits(t *testing.T) {
	p := Policy{Evidence: []EvidenceRule{{Tags: []string{"count.*", "state"}, Hours: 48}, {Tags: []string{"*"}, Hours: 1}}}
	for _, one := range []struct {
		tags  []string
		hours float64
	}{{[]string{"count.good", "state"}, 48}, {[]string{"count.good", "spindle.speed"}, 1}} {
		if got := p.Grants(one.tags).Hours(); got != one.hours {
			t.Errorf("%v: %g hours; want %g", one.tags, got, one.hours)
		}
	}
	if got := (Policy{All: true}).Grants([]string{"count.good"}); got != 0 {
		t.Errorf("without a rule: %s", got)
	}
	if err := (Policy{Schema: PolicySchema, Evidence: []EvidenceRule{{Tags: []string{"a"}, Hours: 9000}}}).Check(Known{}); err == nil {
		t.Error("granted for more than a year")
	}
}
