package files_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhigai/connect"
	"zhigai/connect/files"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

// hall is a folder for files, a driver, and what its sink kept.
type hall struct {
	t         *testing.T
	root, dir string
	driver    *files.Driver
	log       *safe
	device    plant.Device
	points    []connect.Point

	mu     sync.Mutex
	kept   []connect.Reading
	refuse int // sinks from now on that are refused
	news   chan struct{}
	cancel context.CancelFunc
	ended  chan error
}

// safe is a log that may be read while it is written.
type safe struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

func newHall(t *testing.T, params map[string]string, points ...connect.Point) *hall {
	t.Helper()
	h := &hall{t: t, root: t.TempDir(), dir: t.TempDir(), log: &safe{}, points: points, news: make(chan struct{}, 1)}
	if params["settle"] == "" {
		params["settle"] = "0s"
	}
	h.device = plant.Device{Driver: files.Kind, Address: "cmm", Params: params}
	if err := os.Mkdir(filepath.Join(h.root, "cmm"), 0o755); err != nil {
		t.Fatal(err)
	}
	var err error
	if h.driver, err = files.New(files.Options{Root: h.root, Dir: h.dir, Now: time.Now, Logger: slog.New(slog.NewTextHandler(h.log, nil))}); err != nil {
		t.Fatal(err)
	}
	return h
}

// base is when the files of tests were written; each a second after the other.
var base = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// put writes a file that was modified n seconds after base.
func (h *hall) put(name string, n int, content []byte) {
	h.t.Helper()
	at := filepath.Join(h.root, "cmm", name)
	// Renamed into place, as a copying program does: never seen half.
	if err := os.WriteFile(at+".tmp", content, 0o644); err != nil {
		h.t.Fatal(err)
	}
	when := base.Add(time.Duration(n) * time.Second)
	if err := errors.Join(os.Chtimes(at+".tmp", when, when), os.Rename(at+".tmp", at)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) sink(_ context.Context, readings []connect.Reading) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer func() {
		select {
		case h.news <- struct{}{}:
		default:
		}
	}()
	if h.refuse > 0 {
		if h.refuse--; h.refuse == 0 {
			h.refuse = 1 << 30
			return errors.New("disk full")
		}
	}
	if h.refuse > 1<<29 {
		return errors.New("disk full")
	}
	h.kept = append(h.kept, readings...)
	return nil
}

// start subscribes; stop ends it.
func (h *hall) start() {
	h.t.Helper()
	c, err := h.driver.Open(h.t.Context(), h.device)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel, h.ended = cancel, make(chan error, 1)
	looked := make(chan struct{}, 1)
	go func() {
		h.ended <- c.(connect.Subscriber).Subscribe(ctx, h.points, h.sink, func() {
			select {
			case looked <- struct{}{}:
			default:
			}
		})
	}()
	h.t.Cleanup(cancel)
}

func (h *hall) stop() error {
	h.cancel()
	return <-h.ended
}

// until waits for readings to be as wanted.
func (h *hall) until(what string, done func(kept []connect.Reading) bool) {
	h.t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for {
		h.mu.Lock()
		ok := done(h.kept)
		kept := slices.Clone(h.kept)
		h.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-h.news:
		case err := <-h.ended:
			h.t.Fatalf("%s: the subscription ended: %v", what, err)
		case <-late.C:
			h.t.Fatalf("%s did not come; kept %+v", what, kept)
		}
	}
}

// words are the good readings, one after the other: "0=19.998 1=A".
func words(kept []connect.Reading) string {
	var out []string
	for _, r := range kept {
		switch {
		case r.Err != nil:
			out = append(out, fmt.Sprintf("%d!", r.Point))
		case r.Text != "":
			out = append(out, fmt.Sprintf("%d=%s", r.Point, r.Text))
		default:
			out = append(out, fmt.Sprintf("%d=%v", r.Point, r.Number))
		}
	}
	return strings.Join(out, " ")
}

func (h *hall) comes(want string) {
	h.t.Helper()
	h.until(want, func(kept []connect.Reading) bool { return words(kept) == want })
}

func (h *hall) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = nil
}

func gb(t *testing.T, s string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const period = 10 * time.Millisecond

var (
	diameter = connect.Point{Address: "column 外径", Kind: plant.KindNumber, Period: period}
	serial   = connect.Point{Address: "column 零件号", Kind: plant.KindText, Period: period}
	ok       = connect.Point{Address: "column 判定", Kind: plant.KindBoolean, Period: period}
)

// Rows become readings with their own time, in order, once; files of different
// encodings and forms side by side.
func TestFiles_TakenOnceInOrder(t *testing.T) {
	h := newHall(t, map[string]string{"time": "日期+时间", "after": "move"}, diameter, serial, ok)
	h.put("b.csv", 2, gb(t, "日期,时间,零件号,外径,判定\n2026-03-02,08:00:02,B-1,\"1,020.5\",不合格\n"))
	h.put("a.csv", 3, []byte("\xef\xbb\xbf日期;时间;零件号;外径;判定\n2026/3/2;08:00:03;C-1;3;OK\n2026/3/2;08:00:04;C-2;;NG\n"))
	h.put("z.csv", 1, []byte("日期\t时间\t零件号\t外径\t判定\r\n2026-03-02\t08:00:01.5\tA-1\t1\t合格\r\n"))
	h.start()
	h.comes("0=1 1=A-1 2=1 0=1020.5 1=B-1 2=0 0=3 1=C-1 2=1 1=C-2 2=0")
	h.mu.Lock()
	if at := h.kept[0].Source; !at.Equal(base.Add(1500*time.Millisecond)) || !h.kept[0].Recorded {
		t.Errorf("%+v; want the wall clock of the plant", h.kept[0])
	}
	h.mu.Unlock()
	h.forget()
	h.put("d.csv", 9, []byte("日期,时间,零件号,外径,判定\n2026-03-02,08:00:09,D-1,9,1\n"))
	h.comes("0=9 1=D-1 2=1")
	if err := h.stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	for _, name := range []string{"a.csv", "b.csv", "z.csv", "d.csv"} {
		if _, err := os.Stat(filepath.Join(h.root, "cmm", "done", name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The same file comes again under its name: it was taken.
	h.forget()
	h.put("a.csv", 30, []byte("\xef\xbb\xbf日期;时间;零件号;外径;判定\n2026/3/2;08:00:03;C-1;3;OK\n2026/3/2;08:00:04;C-2;;NG\n"))
	h.put("e.csv", 31, []byte("日期,时间,零件号,外径,判定\n2026-03-02,08:00:31,E-1,31,1\n"))
	h.start()
	h.comes("0=31 1=E-1 2=1")
	_ = h.stop()
}

// A bad line is named and does not stop the others.
func TestFiles_BadLines(t *testing.T) {
	h := newHall(t, map[string]string{"time": "时间", "after": "move"}, diameter, serial)
	h.put("r.csv", 1, []byte("时间,零件号,外径\n2026-03-02 08:00:00,A,1O.02\nyesterday,B,3\n2026-03-02 08:00:02,C,3 mm\" x\n2026-03-02 08:00:03,D,4\n"))
	h.start()
	h.comes("0! 1=A 0=4 1=D")
	h.mu.Lock()
	if r := h.kept[0]; !errors.Is(r.Err, connect.ErrMalformed) || string(r.Raw) != "1O.02" {
		t.Errorf("%+v", r)
	}
	h.mu.Unlock()
	h.put("next.csv", 2, []byte("时间,零件号,外径\n2026-03-02 08:01:00,E,5\n"))
	h.comes("0! 1=A 0=4 1=D 0=5 1=E")
	_ = h.stop()
	raw, err := os.ReadFile(filepath.Join(h.root, "cmm", "done", "r.csv.problems.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"r.csv line 2, column 外径: \"1O.02\" is no number; write digits", "line 3, column 时间: \"yesterday\" is no time; write", "line 4: ", "in quotes"} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s\nwant %q", raw, want)
		}
	}
	if !strings.Contains(h.log.String(), "r.csv") {
		t.Errorf("log: %s", h.log)
	}
}

// What cannot be read at all is marked, set aside, and does not stand in the way.
func TestFiles_Failed(t *testing.T) {
	h := newHall(t, map[string]string{"time": "时间", "after": "move"}, diameter)
	h.put("1.xlsx", 1, []byte("PK\x03\x04 half a workbook"))
	h.put("2.csv", 2, nil)
	h.put("3.csv", 3, []byte("when,外径\n2026-03-02,1\n"))
	h.put("4.csv", 4, []byte("时间,外径\n2026-03-02 08:00:00,4\n"))
	h.start()
	h.comes("0! 0! 0! 0=4")
	text, err := h.driver.Test(t.Context(), h.device)
	if err != nil || !strings.Contains(text, "4.csv: 1 values") {
		t.Errorf("%s, %v", text, err)
	}
	_ = h.stop()
	for _, name := range []string{"1.xlsx", "2.csv", "3.csv", "1.xlsx.problems.txt"} {
		if _, err := os.Stat(filepath.Join(h.root, "cmm", "failed", name)); err != nil {
			t.Error(err)
		}
	}
}

// What the sink did not keep is not taken: after the refusal the whole file
// comes again, and what came before it does not.
func TestFiles_CursorMovesAfterTheSink(t *testing.T) {
	h := newHall(t, map[string]string{"time": "时间"}, diameter)
	h.put("1.csv", 1, []byte("时间,外径\n2026-03-02 08:00:00,1\n"))
	var rows strings.Builder
	rows.WriteString("时间,外径\n")
	const n = 12_000 // more than two sinks
	for i := range n {
		fmt.Fprintf(&rows, "%d,%d\n", 1772411405+i, i)
	}
	h.put("2.csv", 2, []byte(rows.String()))
	h.refuse = 3 // the second sink of the second file
	h.start()
	if err := <-h.ended; err == nil || err.Error() != "disk full" {
		t.Fatalf("ended with %v", err)
	}
	h.mu.Lock()
	if got := len(h.kept); got != 1+5000 {
		t.Errorf("%d kept before the refusal; want the first file and one sink", got)
	}
	h.kept, h.refuse = nil, 0
	h.mu.Unlock()
	h.start()
	h.until("all of the second file", func(kept []connect.Reading) bool { return len(kept) == n })
	_ = h.stop()
	h.forget()
	h.start()
	h.until("the last value", func(kept []connect.Reading) bool { return len(kept) == 1 && kept[0].Number == n-1 })
	_ = h.stop()
}

// A file that is being written is waited for, and those behind it with it.
func TestFiles_HalfWritten(t *testing.T) {
	h := newHall(t, map[string]string{"time": "时间", "settle": "400ms"}, diameter)
	h.put("1.csv", 1, []byte("时间,外径\n2026-03-02 08:00:00,1\n2026-03-02 08:0"))
	h.put("2.csv", 2, []byte("时间,外径\n2026-03-02 08:00:09,9\n"))
	h.put("3.csv.part", 0, []byte("时间,外径\n"))
	h.put("~$4.xlsx", 0, []byte("lock"))
	h.start()
	h.put("1.csv", 1, []byte("时间,外径\n2026-03-02 08:00:00,1\n2026-03-02 08:00:01,2\n"))
	h.comes("0=1 0=2 0=9")
	_ = h.stop()
}

// Nothing outside the node's folder is read, whatever the address or a link says.
func TestFiles_StaysInside(t *testing.T) {
	h := newHall(t, map[string]string{}, diameter)
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.csv"), []byte("外径\n1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"", "..", "../x", "/etc", "a/../../x", `a\b`} {
		if err := h.driver.CheckDevice(plant.Device{Driver: files.Kind, Address: address}); err == nil || !strings.Contains(err.Error(), "write") {
			t.Errorf("%q: %v", address, err)
		}
	}
	if err := errors.Join(os.Symlink(outside, filepath.Join(h.root, "link")), os.Symlink(filepath.Join(outside, "secret.csv"), filepath.Join(h.root, "cmm", "s.csv"))); err != nil {
		t.Fatal(err)
	}
	if _, err := h.driver.Open(t.Context(), plant.Device{Driver: files.Kind, Address: "link"}); err == nil {
		t.Error("a link leads out of the folder")
	}
	h.put("own.csv", 1, []byte("外径\n5\n"))
	h.start()
	h.comes("0=5")
	_ = h.stop()
}

const report = `ROUNDNESS REPORT   Operator: 王
Station 圆度仪 2
-----------------------------
Part: 6204-A1   2026-03-02 08:00:00
 Roundness   RONt      0.85 um
 Concentr.             1,250.5 um
Part: 6204-A2   2026-03-02 08:00:30
 Roundness   RONt      0.9I um
Part: 6204-A3
 Roundness   RONt      1.1 um
Part: 6204-A4   2026-03-02 08:01:00
 Roundness   RONt      0.7 um
`

// A printed report: fields by pattern, several parts in a file, the heading for
// all, and the line of a value that cannot be read.
func TestFiles_PrintedReport(t *testing.T) {
	h := newHall(t, map[string]string{"format": "text", "record": "^Part: ", "time": `(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)`, "after": "move"},
		connect.Point{Address: `pattern RONt\s+(\S+) um`, Kind: plant.KindNumber, Period: period},
		connect.Point{Address: `pattern ^Part: (\S+)`, Kind: plant.KindText, Period: period},
		connect.Point{Address: `pattern Operator: (.+)$`, Kind: plant.KindText, Period: period})
	h.put("rond.txt", 1, append(gb(t, report), '\r', '\n'))
	h.start()
	h.comes("0=0.85 1=6204-A1 2=王 0! 1=6204-A2 2=王 0=0.7 1=6204-A4 2=王")
	h.mu.Lock()
	if at := h.kept[6].Source; !at.Equal(base.Add(time.Minute)) {
		t.Errorf("the third part was measured at %v", at)
	}
	h.mu.Unlock()
	h.put("after.txt", 2, []byte("Part: X 2026-03-02 09:00:00\n"))
	h.until("the next file", func(kept []connect.Reading) bool { return strings.HasSuffix(words(kept), "1=X 2!") })
	_ = h.stop()
	raw, err := os.ReadFile(filepath.Join(h.root, "cmm", "done", "rond.txt.problems.txt"))
	if err != nil || !strings.Contains(string(raw), `line 8, column RONt\s+(\S+) um: "0.9I" is no number`) || !strings.Contains(string(raw), "line 9: a report without a time") {
		t.Errorf("%s, %v", raw, err)
	}
}

// Windows of vibration: a WAVE file with its time in its name, and a column.
func TestFiles_Waveforms(t *testing.T) {
	h := newHall(t, map[string]string{"time": `name _(\d{14})\.`, "rate": "12800"},
		connect.Point{Address: "channel 1", Kind: plant.KindWaveform, Period: period},
		connect.Point{Address: "wave a", Kind: plant.KindWaveform, Period: period})
	w := waveform.Window{Rate: 25600, Values: make([]float64, waveform.MaxValues+100)}
	for i := range w.Values {
		w.Values[i] = float64(float32(i) / 7)
	}
	h.put("v_20260302080000.wav", 5, w.AppendWAV(nil))
	h.start()
	h.until("two windows", func(kept []connect.Reading) bool { return len(kept) == 3 })
	want := w.Split(base)
	h.mu.Lock()
	if !errors.Is(h.kept[0].Err, connect.ErrUnconfigured) || h.kept[1].Text != want[0].Encode() || h.kept[2].Text != want[1].Encode() ||
		!h.kept[1].Source.Equal(base) || !h.kept[2].Source.Equal(want[1].Start) {
		t.Errorf("windows at %v and %v differ", h.kept[1].Source, h.kept[2].Source)
	}
	h.kept = nil
	h.mu.Unlock()
	h.put("v_20260302080100.csv", 65, []byte("a,b\n0.5,1\n-0.25,2\n"))
	h.until("a window of a column", func(kept []connect.Reading) bool { return len(kept) == 2 })
	h.mu.Lock()
	column := waveform.Window{Rate: 12800, Values: []float64{0.5, -0.25}}
	if r := h.kept[1]; r.Point != 1 || r.Text != column.Encode() || !r.Source.Equal(base.Add(time.Minute)) {
		t.Errorf("%+v", r)
	}
	h.mu.Unlock()
	_ = h.stop()
}
