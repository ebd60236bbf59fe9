package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"zhigai/shop/component"
	wasm "zhigai/shop/component/sandbox"
	"zhigai/shop/quality/sheet"
)

type componentCmd struct {
	Check componentCheckCmd `cmd:"" help:"Whether a WebAssembly module can run as a component, and whose signature it bears."`
	Run   componentRunCmd   `cmd:"" help:"What a module says of the windows of a table, within its budget."`
	Key   componentKeyCmd   `cmd:"" help:"Make the key with which a publisher signs: its private half for the publisher, its public half for the administrator."`
	Sign  componentSignCmd  `cmd:"" help:"Sign a module; prints the signature that goes with it."`
}

// budgetFlags bound a module.
type budgetFlags struct {
	Memory int64         `default:"4096" placeholder:"KIB" help:"Memory that it may have, in KiB: whole pages of 64."`
	Call   time.Duration `default:"50ms" placeholder:"TIME" help:"Time that one call may take."`
}

func (b budgetFlags) limits() wasm.Limits { return wasm.Limits{Memory: b.Memory << 10, Call: b.Call} }

// checkedModule is what is known of a module.
type checkedModule struct {
	SHA256 string `json:"sha256"`
	wasm.Facts
	Signed *bool `json:"signed,omitempty"` // null where no signature was given
}

type componentCheckCmd struct {
	File        string `arg:"" help:"Module (.wasm); - reads standard input."`
	budgetFlags `embed:""`
	Key         string `type:"existingfile" placeholder:"FILE" help:"Public key of the publisher, PEM or base64."`
	Signature   string `placeholder:"BASE64" help:"Signature, held against --key."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

// Help says what a module must be like.
func (componentCheckCmd) Help() string {
	return `A module imports nothing, exports its memory and the functions input(i32) -> i32 and call(i32, i32) -> i32. Windows go
in and outputs come out through its memory; docs/components.md has the layout and an example that a compiler builds.`
}

func (c componentCheckCmd) Run(ctx context.Context) error {
	raw, err := readModule(c.File)
	if err != nil {
		return err
	}
	box := wasm.New()
	defer box.Close()
	m, err := box.Compile(ctx, raw, c.limits())
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	sum := sha256.Sum256(raw)
	out := checkedModule{SHA256: hex.EncodeToString(sum[:]), Facts: m.Facts}
	if (c.Key == "") != (c.Signature == "") {
		return errors.New("--key and --signature go together: a signature is somebody's")
	}
	if c.Key != "" {
		signed, err := c.signed(raw)
		if err != nil {
			return err
		}
		out.Signed = &signed
	}
	if c.JSON {
		return printJSON(out)
	}
	slices.Sort(out.Exports)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "can run\tyes\nSHA-256\t%s\nbytes\t%d\nmemory\t%d KiB at the beginning, %d may be had\nexports\t%s\n", out.SHA256, out.Bytes, out.Memory>>10, c.Memory, strings.Join(out.Exports, ", "))
	if out.Signed != nil {
		fmt.Fprintf(w, "signature\t%s\n", map[bool]string{true: "that of this key", false: "NOT that of this key under these bytes"}[*out.Signed])
	}
	if err := w.Flush(); err != nil || out.Signed == nil || *out.Signed {
		return err
	}
	return fmt.Errorf("%s: the signature does not hold", c.File)
}

func (c componentCheckCmd) signed(raw []byte) (bool, error) {
	text, err := readLimited(c.Key)
	if err != nil {
		return false, err
	}
	key, err := component.ParseKey(string(text))
	if err != nil {
		return false, fmt.Errorf("%s: %w", c.Key, err)
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(c.Signature))
	if err != nil {
		return false, fmt.Errorf("--signature: not base64: %w", err)
	}
	return ed25519.Verify(key, raw, signature), nil
}

// readModule reads a module of a file or standard input, no larger than one may be.
func readModule(name string) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, wasm.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return raw, nil
}

type componentRunCmd struct {
	Module      string `arg:"" help:"Module (.wasm)."`
	File        string `arg:"" help:"Table as CSV or a workbook with a line of names; each row is one place of the windows; an empty cell is a place without a value; - reads standard input."`
	budgetFlags `embed:""`
	X           []string      `name:"x" required:"" placeholder:"COL,…" help:"Columns that are its inputs, in its order."`
	Out         []string      `required:"" placeholder:"NAME,…" help:"Names of its outputs, in its order."`
	Window      int           `default:"60" placeholder:"ROWS" help:"Rows of a window."`
	Every       int           `default:"60" placeholder:"ROWS" help:"Rows between calls."`
	Step        time.Duration `default:"1s" placeholder:"TIME" help:"Time between rows."`
	JSON        bool          `name:"json" help:"Print JSON."`
}

// saidOfRows is what a module says of one window of a table.
type saidOfRows struct {
	Row     int        `json:"row"` // the window's last, counted from 1
	Outputs []*float64 `json:"outputs,omitempty"`
	Quality []string   `json:"quality,omitempty"`
	Why     string     `json:"why,omitempty"`
}

// maxWindows of a table are asked about.
const maxWindows = 100_000

func (c componentRunCmd) Run(ctx context.Context) error {
	raw, err := readModule(c.Module)
	if err != nil {
		return err
	}
	f, err := readFrame(c.File)
	if err != nil {
		return err
	}
	said, err := c.ask(ctx, raw, f)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(said)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "row\t%s\n", strings.Join(c.Out, "\t"))
	for _, s := range said {
		fmt.Fprintf(w, "%d\t%s\n", s.Row, s.shown())
	}
	return w.Flush()
}

// shown are the outputs as cells of a table, or why there are none.
func (s saidOfRows) shown() string {
	if s.Why != "" {
		return s.Why
	}
	cells := make([]string, len(s.Outputs))
	for i, v := range s.Outputs {
		switch {
		case v == nil:
			cells[i] = "none"
		case s.Quality[i] == "good":
			cells[i] = fmt.Sprintf("%.6g", *v)
		default:
			cells[i] = fmt.Sprintf("%.6g (%s)", *v, s.Quality[i])
		}
	}
	return strings.Join(cells, "\t")
}

func (c componentRunCmd) ask(ctx context.Context, raw []byte, f *sheet.Frame) ([]saidOfRows, error) {
	rows := len(f.Rows)
	switch {
	case c.Window < 1 || c.Every < 1 || c.Step <= 0:
		return nil, errors.New("--window, --every and --step: at least one row, and some time")
	case rows < c.Window:
		return nil, fmt.Errorf("%s: %d rows are no window of %d; take --window smaller", c.File, rows, c.Window)
	case (rows-c.Window)/c.Every >= maxWindows:
		return nil, fmt.Errorf("%s: more than %d windows; take --every larger", c.File, maxWindows)
	}
	columns := make([]wasm.Series, len(c.X))
	for i, name := range c.X {
		at, err := f.Named(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.File, err)
		}
		s := wasm.Series{Values: make([]float64, rows), Times: make([]int64, rows), Quality: make([]wasm.Quality, rows)}
		for k := range rows {
			v, ok, err := f.Number(k, at)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.File, err)
			}
			if s.Values[k], s.Times[k] = v, int64(k+1)*c.Step.Microseconds(); !ok {
				s.Quality[k] = wasm.Bad
			}
		}
		columns[i] = s
	}
	box := wasm.New()
	defer box.Close()
	m, err := box.Compile(ctx, raw, c.limits())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Module, err)
	}
	out := []saidOfRows{}
	for end := c.Window; end <= rows; end += c.Every {
		w := wasm.Window{From: int64(end-c.Window) * c.Step.Microseconds(), To: int64(end) * c.Step.Microseconds()}
		for _, s := range columns {
			w.Inputs = append(w.Inputs, wasm.Series{Values: s.Values[end-c.Window : end], Times: s.Times[end-c.Window : end], Quality: s.Quality[end-c.Window : end]})
		}
		one := saidOfRows{Row: end}
		got, _, err := m.Call(ctx, w, len(c.Out))
		if failure, ok := errors.AsType[*wasm.Failure](err); ok {
			one.Why = failure.Error()
		} else if err != nil {
			return nil, err
		}
		for i := range got {
			one.Outputs, one.Quality = append(one.Outputs, nil), append(one.Quality, []string{"good", "uncertain", "bad"}[got[i].Quality])
			if got[i].Quality != wasm.Bad {
				one.Outputs[i] = &got[i].Value
			}
		}
		out = append(out, one)
	}
	return out, nil
}

type componentKeyCmd struct {
	Out string `arg:"" placeholder:"FILE" help:"Where to write the private key (PEM, 0600); the public one goes to standard output. A file that is there is not written over."`
}

func (c componentKeyCmd) Run() error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	shown, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: secret}), f.Close()); err != nil {
		return err
	}
	return pem.Encode(os.Stdout, &pem.Block{Type: "PUBLIC KEY", Bytes: shown})
}

type componentSignCmd struct {
	File string `arg:"" help:"Module (.wasm); - reads standard input."`
	Key  string `required:"" type:"existingfile" placeholder:"FILE" help:"Private key that zhigai component key or openssl genpkey -algorithm ed25519 made."`
}

func (c componentSignCmd) Run() error {
	raw, err := readModule(c.File)
	if err != nil {
		return err
	}
	if len(raw) > wasm.MaxBytes {
		return fmt.Errorf("%s: more than %d bytes: no module that a node takes", c.File, wasm.MaxBytes)
	}
	text, err := readLimited(c.Key)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return fmt.Errorf("%s: is no PEM file", c.Key)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(ed25519.PrivateKey)
	if err != nil || !ok {
		return fmt.Errorf("%s: holds no private Ed25519 key", c.Key)
	}
	fmt.Println(base64.StdEncoding.EncodeToString(ed25519.Sign(private, raw)))
	return nil
}
