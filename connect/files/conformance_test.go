package files_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/files"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// write lets the foreign program leave its files in a folder.
func write(t *testing.T, module string, args ...string) {
	t.Helper()
	peer.Python(t, "../..", "files/write.py", module, "apt-get install python3-openpyxl", args...).Wait("written")
}

// What every driver promises, of files that Python's csv module writes.
func TestConformance(t *testing.T) {
	root := t.TempDir()
	folder, away := filepath.Join(root, "cmm"), filepath.Join(root, "away")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	driver, err := files.New(files.Options{Root: root, Dir: t.TempDir(), Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	write(t, "csv", folder)
	rename := func(from, to string) func() {
		return func() {
			if err := os.Rename(from, to); err != nil {
				t.Error(err)
			}
		}
	}
	conntest.Run(t, conntest.Party{
		Driver: driver, Device: plant.Device{Driver: files.Kind, Address: "cmm", Params: map[string]string{"time": "时间", "settle": "0s"}},
		Values: []conntest.Value{
			{Address: "column 外径(mm)", Kind: plant.KindNumber, Number: 20.002},
			{Address: "column 零件号", Kind: plant.KindText, Text: "6204-A2"},
			{Address: "column 判定", Kind: plant.KindBoolean, Number: 0},
			{Address: "column #5", Kind: plant.KindText, Text: `with "quotes", and a comma`},
			{Address: "file", Kind: plant.KindText, Text: "result.csv"},
		},
		Missing:     connect.Point{Address: "column 内径", Kind: plant.KindNumber},
		WrongPoint:  connect.Point{Address: "外径", Kind: plant.KindNumber},
		WrongDevice: plant.Device{Driver: files.Kind, Address: "../cmm"},
		Stop:        rename(folder, away), Start: rename(away, folder),
	})
}

// A workbook of 20,000 tags, one a line, beside a list of the same tags that two
// programs wrote in two encodings into one file.
func TestFiles_TwentyThousandTags(t *testing.T) {
	const n = 20_000
	points := make([]connect.Point, n)
	for i := range points {
		points[i] = connect.Point{Address: fmt.Sprintf("name 温度%d", i), Kind: plant.KindNumber, Period: period}
	}
	h := newHall(t, map[string]string{"names": "变量名", "values": "值", "time": "时间"}, points...)
	write(t, "openpyxl", filepath.Join(h.root, "cmm"), fmt.Sprint(n))
	mixed := gb(t, "变量名,时间,值\n")
	for i := range n {
		line := fmt.Appendf(nil, "温度%d,2026-03-03 08:00:00,%d\n", i, -i)
		if i%3 == 0 {
			line = gb(t, string(line))
		}
		mixed = append(mixed, line...)
	}
	h.start()
	h.until("the workbook", func(kept []connect.Reading) bool { return len(kept) == n })
	h.mu.Lock()
	for i, r := range h.kept {
		if r.Point != i || r.Number != float64(i)/8 || r.Err != nil || !r.Source.Equal(base.Add(time.Duration(i)*time.Second)) {
			t.Fatalf("%+v; want %v of point %d at %v", r, float64(i)/8, i, base.Add(time.Duration(i)*time.Second))
		}
	}
	h.kept = nil
	h.mu.Unlock()
	h.put("tags.csv", 1<<30, mixed) // a list of tomorrow
	h.until("the list", func(kept []connect.Reading) bool { return len(kept) == n })
	h.mu.Lock()
	for i, r := range h.kept {
		if r.Point != i || r.Number != float64(-i) || r.Err != nil {
			t.Fatalf("%+v; want %v of point %d", r, -i, i)
		}
	}
	h.mu.Unlock()
	_ = h.stop()
}
