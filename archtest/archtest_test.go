// Package archtest holds the direction of imports as a test: who may use whom,
// with the reason in the message.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// floors lists every room with the rooms of this module that it may import.
// "x/..." stands for x and all below it. A room that is not listed fails.
var floors = []struct {
	room string
	may  []string
	why  string
}{
	{"plant", nil, "the words stand on the standard library only"},
	{"plant/file", []string{"plant"}, "a file format of the words"},
	{"plant/waveform", nil, "a word of its own weight stands on the standard library"},
	{"fact", []string{"plant"}, "facts are made of words"},
	{"fact/document", []string{"plant", "access"}, "things kept by revision; what they mean is the rooms'"},
	{"calc/schedule/check", []string{"calc/schedule"}, "judges a schedule with the words of the problem and no code of the search"},
	{"calc/schedule/file", []string{"calc/schedule"}, "a file format does no I/O"},
	{"calc/life", []string{"calc/model"}, "asks trees about runs"},
	{"calc/model", []string{"calc/stat"}, "refuses tables by the words of calc/stat"},
	{"calc/pls", []string{"calc/stat"}, "refuses tables by the words of calc/stat"},
	{"calc/experiment", []string{"calc/stat"}, "fits with the least squares that certified answers are met with"},
	{"calc/control", []string{"calc/experiment"}, "formulas know no I/O; the optimiser takes what experiments propose"},
	{"calc/energy", []string{"calc/stat"}, "formulas know no I/O; regression is calc/stat's"},
	{"calc/capability", []string{"calc/stat"}, "judges what a chart found by moments and distributions"},
	{"calc/msa", []string{"calc/stat"}, "an analysis of variance is one-way tables put together"},
	{"calc/...", nil, "formulas know no I/O, no clock, no plant"},
	{"space", nil, "watches a disk and knows nothing of what is on it"},
	{"history", []string{"plant", "plant/waveform", "fact"}, "history stores samples and nothing else"},
	{"history/historytest", []string{"plant", "plant/waveform", "history"}, "what every store of samples must do"},
	{"history/clickhouse", []string{"plant", "history"}, "another store of samples; it shares a database with the record and knows nothing of it"},
	{"history/clickhouse/chtest", []string{"connect/peer"}, "a server for tests knows no store"},
	{"connect/all", []string{"plant", "connect/..."}, "the only place that knows every protocol"},
	{"connect/tap", nil, "what passes is shown and never judged; drivers and the collector share it"},
	{"connect", []string{"plant", "plant/waveform", "fact", "connect/profile", "connect/tap"}, "the contract imports no protocol"},
	{"connect/profile", []string{"plant", "connect"}, "a profile is checked, never run, without a network"},
	{"connect/profile/draft", []string{"plant", "connect", "connect/profile", "connect/sparkplug/payload"}, "begins a profile from bytes; it reads a birth with the codec alone"},
	{"connect/modbus/pdu", nil, "a wire codec does no I/O"},
	{"connect/s7/pdu", nil, "a wire codec does no I/O"},
	{"connect/s7/variable", []string{"connect/s7/pdu"}, "a value in memory knows no connection"},
	{"connect/s7", []string{"plant", "connect", "connect/hosts", "connect/s7/...", "connect/tap"}, "protocols do not know one another"},
	{"connect/fins/frame", nil, "a wire codec does no I/O"},
	{"connect/fins/memory", []string{"connect/fins/frame"}, "a value in memory knows no connection"},
	{"connect/fins", []string{"plant", "connect", "connect/hosts", "connect/fins/...", "connect/tap"}, "protocols do not know one another"},
	{"connect/hosts", nil, "a range of addresses knows no protocol"},
	{"connect/snmp/oid", nil, "a wire codec does no I/O"},
	{"connect/snmp", []string{"plant", "connect", "connect/hosts", "connect/snmp/oid", "connect/tap"}, "one protocol with its codec"},
	{"connect/mtconnect/document", nil, "a wire codec does no I/O"},
	{"connect/mtconnect/shdr", nil, "a wire codec does no I/O"},
	{"connect/mtconnect/recording", []string{"connect/mtconnect/document", "connect/mtconnect/shdr"}, "reads a recorded stream and stores nothing"},
	{"connect/mtconnect", []string{"plant", "connect", "connect/hosts", "connect/mtconnect/document", "connect/mtconnect/recording", "connect/mtconnect/shdr", "connect/tap"}, "one protocol with its codecs"},
	{"connect/slmp/frame", nil, "a wire codec does no I/O"},
	{"connect/slmp", []string{"plant", "connect", "connect/slmp/frame", "connect/tap"}, "a protocol knows its own codec"},
	{"connect/cip/enip", nil, "a wire codec does no I/O"},
	{"connect/cip", []string{"plant", "connect", "connect/cip/enip", "connect/tap"}, "a protocol knows its own codec"},
	{"connect/iec104/asdu", nil, "a wire codec does no I/O"},
	{"connect/iec104", []string{"plant", "connect", "connect/iec104/asdu", "connect/tap"}, "a protocol knows its own codec"},
	{"connect/sparkplug/payload", nil, "a wire codec does no I/O"},
	{"connect/sparkplug", []string{"plant", "connect", "connect/mqtt", "connect/sparkplug/payload", "connect/tap"}, "Sparkplug speaks over the broker"},
	{"connect/line", []string{"connect", "connect/tap"}, "a line moves bytes and knows no protocol"},
	{"connect/modbus", []string{"plant", "connect", "connect/hosts", "connect/line", "connect/modbus/pdu", "connect/tap"}, "protocols do not know one another"},
	{"connect/mdns/message", nil, "a wire codec does no I/O"},
	{"connect/mdns", []string{"plant", "connect", "connect/mdns/message"}, "hears of devices and knows no driver"},
	{"connect/dlt645/frame", nil, "a wire codec does no I/O"},
	{"connect/dlt645", []string{"plant", "connect", "connect/line", "connect/dlt645/frame"}, "protocols do not know one another"},
	{"connect/text", []string{"plant", "connect", "connect/line"}, "protocols do not know one another"},
	{"connect/document", []string{"plant", "plant/waveform", "connect"}, "a wire codec does no I/O"},
	{"connect/files/table", nil, "a codec does no I/O"},
	{"connect/files/frame", []string{"connect/files/table"}, "a codec does no I/O"},
	{"connect/files", []string{"plant", "plant/waveform", "connect", "connect/document", "connect/files/table"}, "protocols do not know one another"},
	{"connect/httpjson", []string{"plant", "plant/waveform", "connect", "connect/document", "connect/tap"}, "protocols do not know one another"},
	{"connect/database", []string{"plant", "connect", "connect/document"}, "protocols do not know one another"},
	{"connect/...", []string{"plant", "plant/waveform", "fact", "connect", "connect/document", "connect/modbus/pdu", "connect/profile", "connect/tap"}, "protocols do not know one another"},
	{"link", []string{"plant"}, "facts travel as opaque items: link knows no store and no network"},
	{"link/nats", []string{"link"}, "the way between nodes knows nothing of what travels"},
	{"link/linktest", []string{"plant", "link"}, "stores in memory for tests"},
	{"north/unified", []string{"plant"}, "a form of values does no I/O"},
	{"north/sparkplug", []string{"plant", "connect/sparkplug/payload"}, "what an edge node says does no I/O"},
	{"north", []string{"plant", "access", "history", "connect/mqtt/client", "north/..."}, "carries history to foreign brokers, whoever keeps it"},
	{"access", []string{"plant"}, "who may, not what"},
	{"access/oidc", []string{"access"}, "asks providers who somebody is; what that gives is decided in access"},
	{"evidence", []string{"plant"}, "what is sealed can be checked without a store, a clock or a network"},
	{"evidence/seals", []string{"plant", "fact", "history", "evidence"}, "seals what history keeps and knows no database"},
	{"evidence/requests", []string{"plant", "fact", "evidence", "evidence/seals"}, "who may see samples of another node; it knows no link and no database"},
	{"figure", []string{"plant", "fact", "access", "calc/..."}, "figures know no machine"},
	{"shop/equipment", []string{"plant", "fact", "access", "calc/...", "figure", "connect/profile"}, "rooms of a storey do not import one another"},
	{"shop/discovery", []string{"plant", "access", "connect", "connect/profile"}, "finds devices over any protocol, by the contract of drivers"},
	{"shop/production/performance", []string{"plant", "figure", "access", "shop/production"}, "folds orders that production gives it; machines are asked by whoever wires it"},
	{"shop/alarm", []string{"plant", "fact", "access", "history", "calc/alarm"}, "folds limits over samples; machines and what other rooms found are told to it"},
	{"shop/alarm/delivery", []string{"plant", "access", "shop/alarm"}, "sends alarms that somebody else made"},
	{"shop/maintenance", []string{"plant", "access", "calc/kpi"}, "rooms of a storey do not import one another; alarms, stops and counts are told to it"},
	{"attachment", []string{"plant", "access"}, "files that people add; what names them is told by nobody"},
	{"shop/andon", []string{"plant", "access"}, "who called, who came; it knows no order and no store"},
	{"shop/control/rule", []string{"plant", "access", "fact", "fact/document", "history", "calc/alarm", "calc/control", "calc/rule"}, "decides and does nothing by itself; machines, samples, what is done and what happened are told to it"},
	{"shop/production/attendance", []string{"plant", "figure", "access", "shop/production"}, "folds hours that production gives it; calendars are told to it"},
	{"shop/material/balance", []string{"plant", "figure", "access", "shop/material"}, "folds bookings and books nothing"},
	{"figure/figuretest", []string{"figure"}, "holds definitions against cases"},
	{"shop/health", []string{"plant", "plant/waveform", "access", "calc/vibration", "calc/life", "calc/spc", "calc/stat"}, "rooms of a storey do not import one another; windows and alarms are told to it"},
	{"shop/process", []string{"plant", "access", "fact/document", "calc/alarm", "calc/wear"}, "rooms of a storey do not import one another; machines, commands, jobs and alarms are told to it"},
	{"shop/quality", []string{"plant", "access", "fact/document", "calc/capability", "calc/msa", "calc/sampling", "calc/spc", "calc/stat"}, "rooms of a storey do not import one another; what machines measured, alarms and orders are told to it"},
	{"truth", []string{"plant", "calc/...", "connect/mtconnect/...", "shop/..."}, "holds what is computed against what others computed, and is asked by a command alone"},
	{"shop/component/sandbox", nil, "runs what other people wrote and knows nothing of the plant"},
	{"shop/component/service", []string{"plant", "shop/component"}, "carries questions to services elsewhere and reads none"},
	{"shop/component", []string{"plant", "access", "fact/document", "shop/component/sandbox"}, "rooms of a storey do not import one another; machines, samples, alarms and services are told to it"},
	{"shop/learn", []string{"plant", "access", "fact/document", "calc/model"}, "rooms of a storey do not import one another; what machines showed, when they failed and alarms are told to it"},
	{"shop/process/batch", []string{"plant", "access", "calc/batch", "calc/pls"}, "rooms of a storey do not import one another; what machines did, showed and what was measured is told to it"},
	{"shop/process/trial", []string{"plant", "access", "calc/experiment", "calc/stat"}, "rooms of a storey do not import one another; what was measured is told to it"},
	{"shop/energy", []string{"plant", "access", "calc/energy"}, "rooms of a storey do not import one another; what meters showed, machines did and orders made is told to it"},
	{"shop/energy/sheet", []string{"calc/energy", "calc/stat", "connect/files/frame"}, "baselines of a table that somebody has; a sheet is read with its codec"},
	{"shop/quality/certificate", []string{"plant", "access", "fact/document", "shop/quality", "connect/files/table"}, "folds what quality keeps; orders and lots are told to it"},
	{"shop/quality/certificate/print", []string{"plant", "paper", "shop/quality", "shop/quality/certificate"}, "draws a certificate and decides nothing"},
	{"shop/quality/cost", []string{"plant", "access", "fact/document", "shop/quality"}, "prices what quality keeps and production did, which is told to it"},
	{"shop/quality/sheet", []string{"calc/capability", "calc/msa", "calc/spc", "calc/stat", "connect/files/frame"}, "charts of a table that somebody has; a sheet is read with its codec"},
	{"shop/line", []string{"plant", "access", "figure", "calc/line"}, "rooms of a storey do not import one another; what machines did and orders want is told to it"},
	{"shop/planning", []string{"plant", "access", "calc/schedule", "calc/schedule/check"}, "rooms of a storey do not import one another; orders and machines are told to it"},
	{"shop/production", []string{"plant", "fact", "figure", "access", "connect/files/table"}, "what was made is counted by others and told to it"},
	{"shop/material", []string{"plant", "fact", "access", "connect/files/table"}, "rooms of a storey do not import one another; orders and what machines measured are told to it"},
	{"shop/material/label", []string{"plant", "paper", "shop/material"}, "draws labels and decides nothing"},
	{"shop/bulk", []string{"plant", "access", "connect", "connect/profile", "connect/files/table"}, "reads a sheet with its codec and checks addresses by the contract of drivers"},
	{"shop/control", []string{"plant", "fact", "access", "connect", "connect/profile"}, "commands go to the collector and know no protocol"},
	{"shop/control/handshake", []string{"plant", "access", "fact/document", "calc/handshake"}, "rooms of a storey do not import one another; machines, samples, commands and alarms are told to it"},
	{"shop/control/display", []string{"plant", "access", "fact/document"}, "composes what other rooms tell it and decides nothing"},
	{"shop/control/loop", []string{"plant", "access", "fact/document", "calc/control"}, "rooms of a storey do not import one another; machines, live values, commands and alarms are told to it"},
	{"shop/authenticity", []string{"plant", "fact", "calc/authenticity"}, "examines what is handed in; formulas live in calc"},
	{"shop/acceptance", []string{"plant", "fact", "access", "connect/profile"}, "a report is made of facts; what machines did is told to it"},
	{"factory/exchange/b2mml", []string{"plant"}, "a codec does no I/O"},
	{"factory/exchange", []string{"plant", "access", "connect/files/table", "factory/exchange/b2mml"}, "messages and their state; orders and what was made are told to it"},
	{"factory/exchange/door", []string{"plant", "factory/exchange"}, "moves messages and never reads them"},
	{"paper", nil, "draws pages and knows no report"},
	{"paper/word", nil, "writes documents and knows no report"},
	{"shop/acceptance/paper", []string{"plant", "paper", "shop/acceptance"}, "draws a report and decides nothing"},
	{"programme/target", []string{"plant", "access", "figure"}, "targets are folds over what is handed in"},
	{"programme/atlas", nil, "reads a map, knows no figure"},
	{"programme/target/ledger", []string{"plant", "access", "connect/files/table", "programme/target"}, "lists and sheets of what targets are made of; a sheet is read with its codec"},
	{"programme/target/task", []string{"plant", "access", "programme/target"}, "tasks are targets divided; what was reached is the target's own fold"},
	{"programme/reporting", []string{"plant", "access", "figure"}, "figures are folded elsewhere and told to it"},
	{"programme/reporting/form", []string{"plant", "paper", "programme/reporting"}, "draws a report and decides nothing"},
	{"programme/enterprise", []string{"plant", "access", "connect/files/table"}, "firms know no target and no SQL; a sheet is read with its codec"},
	{"programme/machine", []string{"plant", "access"}, "counts what rows prove, whoever folded them"},
	{"programme/suspicion", []string{"plant", "fact", "access", "calc/authenticity"}, "compares sketches and records decisions; machines and their ways are told to it"},
	{"programme/diagnosis", []string{"plant", "fact", "access", "figure", "calc/maturity"}, "rooms of a storey do not import one another; firms and figures are told to it"},
	{"programme/diagnosis/report", []string{"plant", "paper", "paper/word", "calc/maturity", "programme/diagnosis"}, "draws a diagnosis and decides nothing"},
	{"programme/expert", []string{"plant", "access"}, "rooms of a storey do not import one another; firms and teams are told to it"},
	{"programme/advice", []string{"plant", "access", "connect/files/table"}, "questions and answers; who is an expert is told to it; a sheet is written with its codec"},
	{"programme/evaluation", []string{"plant", "access", "figure"}, "rooms of a storey do not import one another; firms and their values are told to it"},
	{"programme/evaluation/benchmark", []string{"plant", "access", "calc/anonymity", "programme/evaluation"}, "publishes quantiles of measures; what may be told is decided in calc"},
	{"sector/tenant", []string{"plant", "access"}, "who shares a node; the plant, users and samples of a tenant are made and deleted by others"},
	{"link/settings", []string{"plant", "link"}, "what goes down knows no plant file"},
	{"link/sharing", []string{"plant", "fact", "link", "link/journal"}, "the sharing policy, before the journals"},
	{"link/journal", []string{"plant", "fact", "history", "link"}, "joins link to journals, by interfaces"},
	{"record", []string{"plant", "fact", "access", "figure", "space"}, "SQL serves the rooms, not the other way round"},
	{"record/pgtest", []string{"connect/peer"}, "a server for tests knows no record"},
	{"record/evidence", []string{"plant", "evidence", "evidence/seals", "record"}, "keeps the rows of seals"},
	{"record/...", []string{"plant", "fact", "fact/document", "evidence", "evidence/seals", "calc/anonymity", "calc/authenticity", "calc/energy", "access", "figure", "link/...", "north", "attachment", "shop/...", "factory/exchange", "programme/...", "sector/...", "record", "record/nodes", "record/shop"}, "implements the interfaces the rooms declare"},
	{"web", []string{"plant", "fact", "access", "access/oidc", "figure", "link", "link/settings", "link/sharing"}, "HTTP knows no SQL and no driver"},
	{"web/prometheus", []string{"plant", "access", "web"}, "answers a foreign API from tags and samples, whoever keeps them"},
	{"web/...", []string{"plant", "evidence", "evidence/requests", "plant/file", "calc/threshold", "plant/waveform", "fact", "fact/document", "access", "figure", "north", "attachment", "shop/...", "factory/exchange", "programme/...", "sector/...", "calc/maturity", "connect", "connect/profile", "history", "web", "connect/tap"}, "one file per resource"},
	{"data", nil, "embedded files"},
	{"ui", nil, "embedded files"},
	{"sim", []string{
		"plant", "plant/waveform",
		"connect/cip/enip",
		"connect/dlt645/frame",
		"connect/fins/frame",
		"connect/fins/memory",
		"connect/iec104/asdu",
		"connect/modbus/pdu",
		"connect/mqtt/client",
		"connect/mtconnect/document",
		"connect/mtconnect/shdr",
		"connect/s7/pdu",
		"connect/s7/variable",
		"connect/slmp/frame",
		"connect/snmp/oid",
		"connect/sparkplug/payload",
	}, "the simulated plant knows the wire, not the collector"},
	{"backup", nil, "copies files and knows no database"},
	{"bench", []string{"plant", "access", "connect", "connect/...", "figure", "history", "shop/equipment"}, "measures the rooms as a caller of them; how a node hangs together is told to it"},
	{"faulttest", []string{"plant", "fact", "access", "figure", "history", "record", "record/shop", "shop/equipment", "connect/profile", "space"}, "breaks the disk below the stores and looks at them as a node does"},
	{"otlp", nil, "a protocol knows nothing of what is traced"},
	{"pack", nil, "packs a program that is built and knows nothing of it"},
	{"archtest", nil, ""},
	{"cmd/zhigai", []string{"..."}, "the only place where parts meet"},
}

func TestImportsGoDownOnly(t *testing.T) {
	err := eachImport(t, func(file, room, imported string) {
		for _, f := range floors {
			if !covers(f.room, room) {
				continue
			}
			for _, allowed := range f.may {
				if covers(allowed, imported) {
					return
				}
			}
			t.Errorf("%s: %s may not import %s: %s", file, room, imported, f.why)
			return
		}
		t.Errorf("%s: the room %s stands on no floor; add it to archtest with what it may import", file, room)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func covers(pattern, room string) bool {
	if pattern == "..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return room == base || strings.HasPrefix(room, base+"/")
	}
	return room == pattern
}

// eachImport walks the production files of the module and calls f for every
// import of the module itself. It reads the files through os so that the test
// cache notices changes.
func eachImport(t *testing.T, f func(file, room, imported string)) error {
	t.Helper()
	root := ".."
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if base == "node_modules" || base == "testdata" || base == "tools" || strings.HasPrefix(base, ".") && name != root {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		room := path.Dir(filepath.ToSlash(rel))
		for _, spec := range parsed.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if inner, ok := strings.CutPrefix(imported, "zhigai/"); ok {
				f(rel, room, inner)
			}
		}
		return nil
	})
}

// TestPlantUsesStandardLibraryOnly and the calc floor keep formulas portable.
func TestPureRoomsUseNoForeignModules(t *testing.T) {
	for _, room := range []string{"plant", "fact", "calc/kpi", "calc/maturity", "calc/threshold", "evidence"} {
		entries, err := os.ReadDir(filepath.Join("..", room))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			name := filepath.Join("..", room, e.Name())
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range parsed.Imports {
				imported, _ := strconv.Unquote(spec.Path.Value)
				first, _, _ := strings.Cut(imported, "/")
				if strings.Contains(first, ".") {
					t.Errorf("%s imports %s: this room stands on the standard library", name, imported)
				}
			}
		}
	}
}
