package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

type samplesCmd struct {
	Export exportCmd `cmd:"" help:"Write samples as CSV: tag,time,kind,value,quality. The node must not be running."`
	Import importCmd `cmd:"" help:"Read samples from CSV of the same form. The node must not be running."`
}

// sampleColumns is the form of export and import. Of a bad sample value is the
// device's bytes in hex.
var sampleColumns = []string{"tag", "time", "kind", "value", "quality"}

type exportCmd struct {
	place `embed:""`
	Tag   []string  `help:"Path of a tag, or of a node for all tags below it; all when left out."`
	From  time.Time `help:"First instant, RFC 3339." default:"1970-01-01T00:00:00Z"`
	To    time.Time `help:"First instant no longer exported." default:"2200-01-01T00:00:00Z"`
	Out   string    `help:"File to write; - is standard output." default:"-"`
}

func (c exportCmd) Run(ctx context.Context) error {
	stores, err := openStores(ctx, c.place)
	if err != nil {
		return err
	}
	defer stores.Close()
	tags, err := stores.tags(ctx, c.Tag)
	if err != nil {
		return err
	}
	out, done, err := output(c.Out)
	if err != nil {
		return err
	}
	w := csv.NewWriter(out)
	if err := w.Write(sampleColumns); err != nil {
		return err
	}
	for _, tag := range tags {
		if err := exportTag(ctx, stores.history, homeTenant, tag, plant.MicrosOf(c.From), plant.MicrosOf(c.To), w); err != nil {
			return fmt.Errorf("export %s: %w", tag.Path, err)
		}
	}
	w.Flush()
	return errors.Join(w.Error(), done())
}

func output(name string) (io.Writer, func() error, error) {
	if name == "-" {
		w := bufio.NewWriter(os.Stdout)
		return w, w.Flush, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, nil, err
	}
	w := bufio.NewWriter(f)
	return w, func() error { return errors.Join(w.Flush(), f.Sync(), f.Close()) }, nil
}

func exportTag(ctx context.Context, h samples, tenant plant.TenantNo, tag plant.Tag, from, to plant.Micros, w *csv.Writer) error {
	var failed error
	row := func(at plant.Micros, value string, q plant.Quality) bool {
		failed = w.Write([]string{tag.Path, at.Time().Format(time.RFC3339Nano), string(tag.Kind), value, q.String()})
		return failed == nil
	}
	var err error
	switch tag.Kind {
	case plant.KindWaveform:
		err = h.Texts(ctx, tenant, tag.No, from, to, func(t plant.Text) bool {
			return row(t.Time, base64.StdEncoding.EncodeToString([]byte(t.Value)), t.Quality)
		})
	case plant.KindText:
		err = h.Texts(ctx, tenant, tag.No, from, to, func(t plant.Text) bool { return row(t.Time, t.Value, t.Quality) })
	default:
		err = h.Samples(ctx, tenant, tag.No, from, to, func(s plant.Sample) bool {
			value := strconv.FormatFloat(s.Value, 'g', -1, 64)
			if s.Quality.IsBad() {
				value = fmt.Sprintf("0x%016x", s.Raw())
			}
			return row(s.Time, value, s.Quality)
		})
	}
	return errors.Join(err, failed)
}

type importCmd struct {
	File  string `arg:"" help:"CSV file; - reads standard input."`
	place `embed:""`
}

// importBatch and importText bound the rows that become durable together.
const (
	importBatch = 10_000
	importText  = 8 << 20 // a waveform is up to 1.4 MB
)

func (c importCmd) Run(ctx context.Context) error {
	in, closeInput, err := input(c.File)
	if err != nil {
		return err
	}
	defer closeInput()
	stores, err := openStores(ctx, c.place)
	if err != nil {
		return err
	}
	defer stores.Close()
	tags, err := stores.tags(ctx, nil)
	if err != nil {
		return err
	}
	known := make(map[string]plant.Tag, len(tags))
	for _, t := range tags {
		known[t.Path] = t
	}
	n, err := importRows(ctx, stores.history, known, in)
	fmt.Fprintf(os.Stderr, "%d samples imported\n", n)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return nil
}

// importRows reads rows until the first wrong one. What was counted is durable;
// importing the same file again changes nothing.
func importRows(ctx context.Context, h samples, known map[string]plant.Tag, in io.Reader) (int, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = len(sampleColumns)
	head, err := r.Read()
	if err != nil {
		return 0, fmt.Errorf("line 1: %w; the first line is %s", err, strings.Join(sampleColumns, ","))
	}
	if strings.Join(head, ",") != strings.Join(sampleColumns, ",") {
		return 0, fmt.Errorf("line 1 is %q; write %s", strings.Join(head, ","), strings.Join(sampleColumns, ","))
	}
	var batch plant.Batch
	n, textBytes := 0, 0
	flush := func() error {
		if batch.Len() == 0 {
			return nil
		}
		if _, err := h.Append(ctx, homeTenant, batch); err != nil {
			return err
		}
		n += batch.Len()
		batch = plant.Batch{}
		return nil
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return n, flush()
		}
		line, _ := r.FieldPos(0)
		if err == nil {
			err = importRow(known, row, &batch)
		}
		if err != nil {
			return n, errors.Join(fmt.Errorf("line %d: %w", line, err), flush())
		}
		if textBytes += len(row[3]); batch.Len() >= importBatch || textBytes >= importText {
			if err := flush(); err != nil {
				return n, err
			}
			textBytes = 0
		}
	}
}

func importRow(known map[string]plant.Tag, row []string, batch *plant.Batch) error {
	tag, ok := known[row[0]]
	if !ok {
		return fmt.Errorf("there is no tag %q in this node", row[0])
	}
	at, err := time.Parse(time.RFC3339Nano, row[1])
	if err != nil {
		return fmt.Errorf("time %q; write 2026-11-23T08:00:00.123Z", row[1])
	}
	if row[2] != string(tag.Kind) {
		return fmt.Errorf("%s is a %s here, the file says %q", tag.Path, tag.Kind, row[2])
	}
	quality, ok := plant.ParseQuality(row[4])
	if !ok {
		return fmt.Errorf("quality %q; write good, uncertain:REASON or bad:REASON", row[4])
	}
	if tag.Kind == plant.KindWaveform {
		raw, err := base64.StdEncoding.DecodeString(row[3])
		if err != nil || !quality.IsBad() && !waveform.Is(string(raw)) {
			return fmt.Errorf("value of %d characters is no waveform; write what an export gives, base64", len(row[3]))
		}
		batch.Texts = append(batch.Texts, plant.Text{Tag: tag.No, Time: plant.MicrosOf(at), Quality: quality, Value: string(raw)})
		return nil
	}
	if tag.Kind == plant.KindText {
		batch.Texts = append(batch.Texts, plant.Text{Tag: tag.No, Time: plant.MicrosOf(at), Quality: quality, Value: row[3]})
		return nil
	}
	s := plant.Sample{Tag: tag.No, Time: plant.MicrosOf(at), Quality: quality}
	if quality.IsBad() {
		bits, err := strconv.ParseUint(strings.TrimPrefix(row[3], "0x"), 16, 64)
		if err != nil {
			return fmt.Errorf("value %q of a bad sample; write the device's bytes as 0x and 16 hex digits", row[3])
		}
		s.Value = math.Float64frombits(bits)
	} else if s.Value, err = strconv.ParseFloat(row[3], 64); err != nil {
		return fmt.Errorf("value %q is no number", row[3])
	}
	batch.Samples = append(batch.Samples, s)
	return nil
}

// tags resolves paths of tags or nodes; all tags when none is named.
func (s *stores) tags(ctx context.Context, paths []string) ([]plant.Tag, error) {
	all, err := s.shop.Tags(ctx, access.Scope{Tenant: homeTenant})
	if err != nil || len(paths) == 0 {
		return all, err
	}
	var out []plant.Tag
	for _, p := range paths {
		n := len(out)
		for _, t := range all {
			if plant.Within(t.Path, p) {
				out = append(out, t)
			}
		}
		if len(out) == n {
			return nil, fmt.Errorf("there is no tag or node %q", p)
		}
	}
	return out, nil
}
