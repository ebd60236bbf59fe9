package history

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	enginelog "github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// readableCopy makes a folder that the engine opens: damaged logs with the
// records that can be read, without seals.
func readableCopy(dir, to string, damage []Damage) (torn torn, err error) {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return torn, err
	}
	bad := map[string]bool{}
	for _, d := range damage {
		bad[d.File] = true
	}
	of, _, _, err := readSeals(vfs.Default, dir)
	if err != nil {
		return torn, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return torn, err
	}
	for _, e := range entries {
		name, from := e.Name(), filepath.Join(dir, e.Name())
		switch {
		case !e.Type().IsRegular() || name == sealsName || name == "LOCK" || strings.HasPrefix(name, "."):
			continue
		case strings.HasPrefix(name, "OPTIONS-") && bad[name]:
			continue // the engine only compares it
		}
		raw, err := os.ReadFile(from)
		if err != nil {
			return torn, err
		}
		if strings.HasSuffix(name, ".log") && bad[name] {
			if length := of[name].length; int64(len(raw)) > length {
				raw = raw[:length] // behind it nothing was acknowledged
			}
			end := false
			if raw, end, err = goodRecords(raw); err != nil {
				return torn, err
			}
			torn.logs, torn.end = append(torn.logs, name), torn.end || end
		}
		if err := os.WriteFile(filepath.Join(to, name), raw, 0o600); err != nil {
			return torn, err
		}
	}
	return torn, nil
}

// torn are logs of which a part could not be read; end says that the part may
// have been the last.
type torn struct {
	logs []string
	end  bool
}

// goodRecords writes a log of the records of another that are whole; end says
// that behind the last of them there is damage.
func goodRecords(raw []byte) (_ []byte, end bool, err error) {
	var out bytes.Buffer
	w := enginelog.NewWriter(&out)
	var record []byte
	begun := false
	chunks, _ := logChunks(raw)
	for _, c := range chunks {
		end = end || c.place == 0
		switch c.place {
		case 1, 2:
			record, begun = append(record[:0], c.data...), true
		case 3, 4:
			record = append(record, c.data...)
		default:
			begun = false
		}
		if begun && (c.place == 1 || c.place == 4) {
			if _, err := w.WriteRecord(record); err != nil {
				return nil, end, err
			}
			begun, end = false, false
		}
	}
	if err := w.Close(); err != nil {
		return nil, end, err
	}
	return out.Bytes(), end, nil
}
