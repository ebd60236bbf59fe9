package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"zhigai/calc/vibration"
	"zhigai/data"
	"zhigai/plant/waveform"
	"zhigai/shop/health"
	"zhigai/shop/quality/sheet"
)

type vibrationCmd struct {
	File    string  `arg:"" help:"Values at an even rate: little-endian float32 (.f32), CSV or WAVE; - reads standard input."`
	Rate    float64 `placeholder:"HZ" help:"Values per second; needed unless the file is a WAVE file."`
	RPM     float64 `name:"rpm" placeholder:"N" help:"Revolutions of the shaft per minute. Without it nothing can be said of a bearing."`
	Bearing string  `required:"" placeholder:"NAME|n,d,D,angle" help:"Name in the catalogue, such as 6205-2RS, or number of rolling elements, their diameter and pitch diameter in one unit, contact angle in degrees."`
	Value   string  `placeholder:"COL" help:"Column of a CSV file; not needed of a file of one."`
	Format  string  `enum:"auto,f32,csv,wav" default:"auto" help:"What the file is, when its name does not say."`
	Unit    string  `enum:"g,m/s2" default:"g" help:"Unit of the values. g is 9.80665 m/s² (ISO 80000-3)."`
	Group   string  `placeholder:"ID" help:"Group of ISO 20816-3 to judge the velocity by: 1-rigid, 1-flexible, 2-rigid, 2-flexible."`
	JSON    bool    `name:"json" help:"Print JSON."`
}

// Help says what is computed, and by whom it was described.
func (vibrationCmd) Help() string {
	return `Features are about the mean, in the unit of the values; kurtosis is Pearson's, 3 of Gaussian noise. Bands
are of Welch's spectrum (segments of 4,096 values, half over the next, Hann). A bearing's frequencies follow from its
geometry and the speed (Randall and Antoni, MSSP 25, 2011). Its lines are looked for in the squared envelopes of up
to 14 bands; an element is named when three of four harmonics stand 10 dB and more over the lines around them, in
several bands and all of the time, clearly above any other element, and carry 3 % of what the envelope does. Confidence
is how far that is fulfilled, 0 to 1; it is named from 0.8. Levels are in dB, velocities in mm/s RMS from 10 to 1,000 Hz
(ISO 20816-3).`
}

// g in m/s² (ISO 80000-3).
const standardGravity = 9.80665

// vibrationOut has the names of the reference.
type vibrationOut struct {
	File     string            `json:"file"`
	Samples  int               `json:"samples"`
	RateHz   float64           `json:"fs"`
	RPM      *float64          `json:"rpm"` // null when nobody said it
	Bearing  string            `json:"bearing"`
	Source   string            `json:"bearing_source"`
	Features vibrationFeatures `json:"features"`
	Peaks    []vibration.Peak  `json:"peaks"`          // of the spectrum, amplitudes in the unit of the values
	Envelope []vibration.Peak  `json:"envelope_peaks"` // of the band that shows most, as shares of its mean
	Band     *vibration.Band   `json:"envelope_band"`
	Zone     *zoneOut          `json:"zone"`
	*vibration.Diagnosis
	Texts []string `json:"warning_texts"`
}

type vibrationFeatures struct {
	vibration.Features
	Velocity float64  `json:"velocity_rms_mm_s"`
	Welch    welchOut `json:"welch"`
}

// welchOut is null above half the rate.
type welchOut struct {
	PeakHz float64  `json:"peak_hz"`
	Low    *float64 `json:"rms_10_1000"`
	Middle *float64 `json:"rms_1000_3000"`
	High   *float64 `json:"rms_3000_6000"`
}

type zoneOut struct {
	Group    string      `json:"group"`
	Zone     health.Zone `json:"zone"`
	Standard string      `json:"standard"`
	Source   string      `json:"source"`
	Verified string      `json:"verified"`
}

// peaksShown is how many lines of a spectrum are listed.
const peaksShown = 10

func (c vibrationCmd) Run() error {
	catalogue, err := health.LoadCatalogue(data.FS, health.CatalogueFile)
	if err != nil {
		return err
	}
	zones, err := health.LoadZones(data.FS, health.ZonesFile)
	if err != nil {
		return err
	}
	bearing, err := catalogue.Find(c.Bearing)
	if err != nil {
		return fmt.Errorf("--bearing: %w", err)
	}
	w, err := c.window()
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	out, err := c.examine(w, bearing, zones)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(out)
	}
	return out.table(os.Stdout)
}

func (c vibrationCmd) examine(w vibration.Window, bearing vibration.Bearing, zones *health.Zones) (*vibrationOut, error) {
	out := &vibrationOut{File: c.File, Samples: len(w.Values), RateHz: w.RateHz, Bearing: bearing.Name, Source: bearing.Reference}
	if c.RPM != 0 {
		out.RPM = &c.RPM
	}
	var err error
	if out.Features.Features, err = vibration.Describe(w); err != nil {
		return nil, err
	}
	if out.Diagnosis, err = vibration.Diagnose(vibration.Ask{Window: w, ShaftHz: c.RPM / 60, Bearing: bearing}); err != nil {
		return nil, err
	}
	density, err := vibration.Welch(w)
	if err != nil {
		return nil, err
	}
	out.Features.Welch = welchOut{PeakHz: density.PeakHz(), Low: inBand(density, 10, 1000), Middle: inBand(density, 1000, 3000), High: inBand(density, 3000, 6000)}
	out.Features.Velocity = density.VelocityRMS(zones.Band(c.RPM)) * map[string]float64{"g": standardGravity, "m/s2": 1}[c.Unit]
	if c.Group != "" {
		g, ok := zones.Group(c.Group)
		if !ok {
			return nil, fmt.Errorf("--group: no group %q of %s", c.Group, zones.Standard)
		}
		out.Zone = &zoneOut{g.ID, g.Zone(out.Features.Velocity), zones.Standard, zones.Source, zones.Verified}
	}
	lines, err := vibration.Amplitudes(w)
	if err != nil {
		return nil, err
	}
	out.Peaks, out.Envelope = lines.Peaks(peaksShown, 0, c.RPM/60), []vibration.Peak{}
	if b, ok := out.Best(); ok {
		out.Band = &b
		e, err := vibration.Envelope(w, b, 10*max(out.Orders.Inner, out.Orders.Ball)*out.ShaftHz)
		if err != nil {
			return nil, err
		}
		out.Envelope = e.Peaks(peaksShown, 2*e.HzPerLine, c.RPM/60)
	}
	out.Texts = []string{}
	for _, one := range out.Warnings {
		out.Texts = append(out.Texts, warningText(one))
	}
	return out, nil
}

// inBand is null when half the rate does not reach so far.
func inBand(d vibration.Density, from, to float64) *float64 {
	if float64(len(d.Lines)-1)*d.HzPerLine < to {
		return nil
	}
	v := d.RMS(vibration.Band{FromHz: from, ToHz: to})
	return &v
}

// warningText says what a warning means and what to do.
func warningText(w vibration.Warning) string {
	switch w.Code {
	case vibration.DeadSensor:
		return fmt.Sprintf("%.0f %% of the values equal the one before: look at the sensor, its cable and its supply", 100*w.Value)
	case vibration.Clipped:
		return fmt.Sprintf("%.2f %% of the values stand at the end of the range: lower the gain or take a sensor of a wider range", 100*w.Value)
	case vibration.MainsHum:
		return fmt.Sprintf("lines of %.0f Hz mains are heard and left out: look at shielding and earth", w.Value)
	case vibration.SpeedUnknown:
		return "nobody said how fast the shaft turns: give --rpm"
	case vibration.SpeedDiffers:
		return fmt.Sprintf("a bearing's lines stand at %.4f times where the speed puts them: check speed and bearing, or take a window at a steady speed", w.Value)
	case vibration.WindowShort:
		return fmt.Sprintf("the window is too short to tell lines apart: take %.2f s at least", w.Value)
	case vibration.RateLow:
		return fmt.Sprintf("the rate is too low for the lines of this bearing: take %.0f values per second at least", w.Value)
	case vibration.Sidebands:
		return fmt.Sprintf("the lines may be those of another element (%.1f Hz), a turn of the shaft beside its own: with this bearing's geometry the two cannot be told apart", w.Value)
	case vibration.Impulses:
		return fmt.Sprintf("shocks (kurtosis of the envelope %.1f) that no element of this bearing explains: look at other bearings, gears, cavitation, electrical discharge", w.Value)
	}
	return string(w.Code)
}

// window reads the file by what it is.
func (c vibrationCmd) window() (vibration.Window, error) {
	raw, err := readLimited(c.File)
	if err != nil {
		return vibration.Window{}, err
	}
	w := vibration.Window{RateHz: c.Rate}
	switch c.format(raw) {
	case "wav":
		channels, err := waveform.ParseWAV(raw)
		if err != nil {
			return w, err
		}
		if len(channels) != 1 {
			return w, fmt.Errorf("%d channels; write one to a file of its own", len(channels))
		}
		w.Values, w.RateHz = channels[0].Values, channels[0].Rate
		return w, nil
	case "csv":
		w.Values, err = c.columnOf(raw)
	default:
		if len(raw)%4 != 0 {
			return w, fmt.Errorf("%d bytes are no whole number of float32; say --format csv when it is a table", len(raw))
		}
		w.Values = make([]float64, len(raw)/4)
		for i := range w.Values {
			w.Values[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
		}
	}
	if err == nil && c.Rate <= 0 {
		err = fmt.Errorf("--rate: say how many values are taken in a second")
	}
	return w, err
}

// format of the file, by its name or by what stands at its beginning.
func (c vibrationCmd) format(raw []byte) string {
	switch ext := strings.ToLower(filepath.Ext(c.File)); {
	case c.Format != "auto":
		return c.Format
	case bytes.HasPrefix(raw, []byte("RIFF")):
		return "wav"
	case ext == ".f32" || ext == ".bin":
		return "f32"
	case ext == ".csv" || ext == ".txt" || ext == ".xlsx":
		return "csv"
	}
	for _, b := range raw[:min(256, len(raw))] {
		if b < ' ' && b != '\t' && b != '\r' && b != '\n' || b > '~' {
			return "f32"
		}
	}
	return "csv"
}

// columnOf reads a table with names, or numbers without.
func (c vibrationCmd) columnOf(raw []byte) ([]float64, error) {
	first, _, _ := bytes.Cut(raw, []byte("\n"))
	if _, err := strconv.ParseFloat(strings.TrimSpace(string(first)), 64); err == nil {
		raw = append([]byte("value\n"), raw...)
	}
	f, err := sheet.Parse(raw)
	if err != nil {
		return nil, err
	}
	name := c.Value
	if name == "" {
		if name, err = f.Only(); err != nil {
			return nil, fmt.Errorf("%w: --value COL", err)
		}
	}
	return f.Numbers(name)
}

func (o *vibrationOut) table(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "verdict\t%s\n", o.Verdict)
	for _, f := range o.Findings {
		if f.Element == vibration.None {
			continue
		}
		fmt.Fprintf(tw, "%s\tconfidence %.2f: %.2f Hz (%.2f expected) in %.0f to %.0f Hz, %.1f dB over its neighbours, %.1f dB over other elements, %.1f %% of the envelope, in %d bands, %.0f %% of the time\n",
			f.Element, f.Confidence, f.FoundHz, f.ExpectedHz, f.Band.FromHz, f.Band.ToHz, f.LevelDB, f.GapDB, 100*f.Explained, f.Bands, 100*f.Steady)
	}
	for _, s := range o.Texts {
		fmt.Fprintf(tw, "warning\t%s\n", s)
	}
	x := o.Features
	fmt.Fprintf(tw, "rms\t%.6g\npeak\t%.6g\ncrest\t%.4g\nkurtosis\t%.4g\nskewness\t%.4g\nvelocity\t%.4g mm/s RMS\n", x.RMS, x.Peak, x.Crest, x.Kurtosis, x.Skewness, x.Velocity)
	if o.Zone != nil {
		fmt.Fprintf(tw, "zone\t%s of group %s, %s (%s)\n", o.Zone.Zone, o.Zone.Group, o.Zone.Standard, o.Zone.Verified)
	}
	for _, p := range o.Peaks {
		fmt.Fprintf(tw, "peak\t%.4g at %.2f Hz\n", p.Amplitude, p.Hz)
	}
	for _, p := range o.Envelope {
		fmt.Fprintf(tw, "envelope\t%.4g at %.2f Hz\n", p.Amplitude, p.Hz)
	}
	return tw.Flush()
}
