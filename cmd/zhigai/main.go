// Command zhigai is the whole product: it collects from machines, keeps facts,
// makes figures and serves pages. This package only wires the parts together
// and is the only place where they meet. Start with [runCmd].
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a container has no zones of its own

	"github.com/alecthomas/kong"
)

// version is set when the program is built.
var version = "dev"

type cli struct {
	Run        runCmd          `cmd:"" help:"Collect, keep, calculate and serve: the node."`
	OEE        oeeCmd          `cmd:"" name:"oee" help:"ISO 22400-2 figures of a ledger file."`
	Schedule   scheduleCmd     `cmd:"" help:"Schedules of job shops from files: search for the shortest, check one."`
	SPC        spcCmd          `cmd:"" name:"spc" help:"Control charts of a table: limits, statistics, signals."`
	Stats      statsCmd        `cmd:"" help:"Mean, standard deviation and autocorrelation of a column."`
	Truth      truthCmd        `cmd:"" help:"What is computed here beside published references, quantity by quantity."`
	Experiment experimentCmd   `cmd:"" help:"Plan an experiment, and read what it says."`
	Regress    regressCmd      `cmd:"" help:"Least squares: coefficients, their errors, and how good the fit is."`
	Causes     causesCmd       `cmd:"" help:"What a quantity goes with among many columns: partial least squares, tested for whether there is anything at all."`
	Component  componentCmd    `cmd:"" help:"Functions in WebAssembly that somebody brings along: checked, run on a table within their budget, signed."`
	Model      modelCmd        `cmd:"" help:"Models of a table: trained and held against the naive answer on rows not seen, asked about other rows."`
	Profile    profileCmd      `cmd:"" help:"Check and try device profiles without building."`
	Sim        simCmd          `cmd:"" help:"Stand machines of a profile up as servers of their protocol, to try it without the machine."`
	Import     importSourceCmd `cmd:"" help:"Machines from a sheet, recordings of other systems."`
	Samples    samplesCmd      `cmd:"" help:"Export and import raw samples as CSV."`
	Audit      auditCmd        `cmd:"" help:"Verify the hash chain of the audit."`
	Record     recordCmd       `cmd:"" help:"Move the record between a folder and a PostgreSQL database."`
	History    historyCmd      `cmd:"" help:"Mend a history in ClickHouse."`
	Rebuild    rebuildCmd      `cmd:"" help:"Delete every projection and make it again from facts; the node must not be running."`
	Backup     backupCmd       `cmd:"" help:"Write a snapshot of a node, also while it runs."`
	Restore    restoreCmd      `cmd:"" help:"Make a node's folder from a snapshot."`
	Repair     repairCmd       `cmd:"" help:"Mend damaged files of a node that is stopped; what cannot be had is named."`
	Enrol      enrolCmd        `cmd:"" help:"Make this node known to the hub above it, with a one-time code."`
	Node       nodeCmd         `cmd:"" help:"Invite, list and revoke the nodes below a running hub."`
	Tenant     tenantCmd       `cmd:"" help:"Take firms in that share a running node, list them and what they use, let them leave, export and delete what is theirs."`
	Verify     verifyCmd       `cmd:"" help:"Check everything a node, or a snapshot, keeps."`
	Library    libraryCmd      `cmd:"" help:"Kinds of machines and figures that a running node knows beside the product's own."`
	Evidence   evidenceCmd     `cmd:"" help:"Check that samples are as they were sealed; write one tag-day with its proof."`
	Figures    figuresCmd      `cmd:"" help:"Indicators with their terms, coverage and evidence root."`
	Province   provinceCmd     `cmd:"" help:"Five nodes on this machine to try: province, city, county, the platform of a sector and a plant, with synthetic firms and live machines."`
	Doctor     doctorCmd       `cmd:"" help:"Look for what would keep a node from running well."`
	Bench      benchCmd        `cmd:"" help:"Measure what this program does on this machine."`
	Served     servedCmd       `cmd:"" hidden:"" name:"bench-node"`
	Polled     polledCmd       `cmd:"" hidden:"" name:"bench-polled"`
	Linked     linkedCmd       `cmd:"" hidden:"" name:"bench-link"`
	Grown      grownCmd        `cmd:"" hidden:"" name:"bench-start"`
	Charted    chartedCmd      `cmd:"" hidden:"" name:"bench-quality"`
	OpenAPI    openapiCmd      `cmd:"" name:"openapi" help:"Print the contract of the HTTP API."`
	Version    versionCmd      `cmd:"" help:"Print the version."`
	Energy     energyCmd       `cmd:"" help:"Energy of a table: baselines, savings, totals, demand."`
	Capability capabilityCmd   `cmd:"" help:"How well a process keeps within its specification: Cp, Cpk, Cpm, Pp, Ppk with intervals."`
	MSA        msaCmd          `cmd:"" name:"msa" help:"How good measuring is: repeatability and reproducibility, bias, linearity, stability, agreement."`
	Sampling   samplingCmd     `cmd:"" help:"How many units of a lot to inspect, and how many may be nonconforming."`
	Vibration  vibrationCmd    `cmd:"" help:"Condition of a bearing by a window of vibration: features, spectrum, envelope, which element is bad."`
	Life       lifeCmd         `cmd:"" help:"How long things that run until they fail will last: train on runs to failure, ask about those that still run."`
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("zhigai", version)
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	parser := kong.Must(&c, kong.Name("zhigai"), kong.Description("智改: from the signal on a machine to the figure a government reports."),
		kong.Vars{"bench_parts": benchPartNames()}, kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	kctx, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := kctx.Run(); err != nil {
		var said exitCode
		if errors.As(err, &said) {
			os.Exit(int(said))
		}
		fmt.Fprintln(os.Stderr, "zhigai:", err)
		os.Exit(1)
	}
}

// exitCode ends the program after the command has said why by itself.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }
