package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"zhigai/connect/mtconnect/document"
	"zhigai/connect/mtconnect/recording"
)

type importSourceCmd struct {
	SHDR    shdrCmd    `cmd:"" name:"shdr" help:"Recorded streams of MTConnect adapters: observations, states, parts and loads. Nothing is stored."`
	Devices devicesCmd `cmd:"" help:"A sheet of machines (.xlsx or .csv), as the page takes it: all of it or nothing. The node must not be running."`
}

type shdrCmd struct {
	Files   []string `arg:"" name:"file" help:"Recorded stream, one or more; - reads standard input."`
	Devices string   `required:"" help:"The device model: a probe of the agent, or its Devices.xml."`
	Device  string   `help:"Name or uuid of the device; without it the one that knows most of the recording's keys."`
	Numeric []string `help:"Adapter names of the items whose numbers are looked at." placeholder:"NAME,..."`
	JSON    bool     `name:"json" help:"Print JSON: an object with the summary of each file under the file's name."`
}

func (c shdrCmd) Run() error {
	text, err := os.ReadFile(c.Devices)
	if err != nil {
		return err
	}
	model, err := document.Decode(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Devices, err)
	}
	if model.Kind != document.Devices {
		return fmt.Errorf("%s is an %s document; give the answer to /probe", c.Devices, model.Kind)
	}
	out := map[string]*recording.Summary{}
	for _, name := range c.Files {
		short := filepath.Base(name)
		if out[short] != nil {
			return fmt.Errorf("two files are named %s; import them one by one", short)
		}
		if out[short], err = c.read(name, model); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, wrong := range out[short].Wrong {
			fmt.Fprintf(os.Stderr, "warning: %s: %v\n", name, wrong)
		}
	}
	if c.JSON {
		return printJSON(out)
	}
	for _, name := range slices.Sorted(maps.Keys(out)) {
		printRecording(os.Stdout, name, out[name])
	}
	return nil
}

func (c shdrCmd) read(name string, model *document.Document) (*recording.Summary, error) {
	in, closeInput, err := input(name)
	if err != nil {
		return nil, err
	}
	defer closeInput()
	if c.Device == "" && len(model.Devices) > 1 {
		text, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		device, err := whose(string(text), model)
		if err != nil {
			return nil, err
		}
		return recording.Read(strings.NewReader(string(text)), device, c.Numeric)
	}
	var names []string
	for i := range model.Devices {
		d := &model.Devices[i]
		if c.Device == "" || d.Name == c.Device || d.UUID == c.Device {
			return recording.Read(in, d, c.Numeric)
		}
		names = append(names, d.Name)
	}
	return nil, fmt.Errorf("%s names no device %q; it names %s", c.Devices, c.Device, strings.Join(names, ", "))
}

// whose is the device that knows most of the keys of a recording.
func whose(text string, model *document.Document) (*document.Component, error) {
	s, err := recording.Read(strings.NewReader(text), &document.Component{}, nil)
	if err != nil {
		return nil, err
	}
	device := slices.MaxFunc(slices.Collect(pointers(model.Devices)), func(a, b *document.Component) int {
		return cmp.Compare(recording.Knows(a, s.Counts), recording.Knows(b, s.Counts))
	})
	if recording.Knows(device, s.Counts) == 0 {
		return nil, fmt.Errorf("no device of the model knows one of its keys; is it the model of another machine?")
	}
	return device, nil
}

func pointers[T any](list []T) func(func(*T) bool) {
	return func(yield func(*T) bool) {
		for i := range list {
			if !yield(&list[i]) {
				return
			}
		}
	}
}

func printRecording(w io.Writer, name string, s *recording.Summary) {
	fmt.Fprintf(w, "%s: %d observations of %d items in %d lines over %.3f s from %s; %d lines step back\n",
		name, s.Observations, len(s.Counts), s.Lines, s.Span, s.First.Format("2006-01-02 15:04:05 UTC"), s.Backward)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, item := range slices.Sorted(maps.Keys(s.Seconds)) {
		for _, state := range slices.Sorted(maps.Keys(s.Seconds[item])) {
			fmt.Fprintf(t, "state\t%s\t%s\t%.3f s\n", item, state, s.Seconds[item][state])
		}
	}
	for _, item := range slices.Sorted(maps.Keys(s.Changes)) {
		if s.Seconds[item] != nil {
			continue // its states stand above
		}
		for _, c := range s.Changes[item] {
			fmt.Fprintf(t, "count\t%s\t%s\tat %.3f s\n", item, c.Value, c.T)
		}
	}
	for _, item := range slices.Sorted(maps.Keys(s.Programs)) {
		fmt.Fprintf(t, "program\t%s\t%s\t\n", item, strings.Join(s.Programs[item], ", "))
	}
	for _, item := range slices.Sorted(maps.Keys(s.Numbers)) {
		n := s.Numbers[item]
		fmt.Fprintf(t, "number\t%s\t%d values\tmean %.3f, %v to %v\n", item, n.N, n.Mean, n.Min, n.Max)
	}
	for _, item := range slices.Sorted(maps.Keys(s.Conditions)) {
		fmt.Fprintf(t, "condition\t%s\t%s\t\n", item, strings.Join(s.Conditions[item], ", "))
	}
	for _, command := range slices.Sorted(maps.Keys(s.Assets)) {
		fmt.Fprintf(t, "asset\t%s\tn = %d\t\n", command, s.Assets[command])
	}
	_ = t.Flush() // a terminal that went away is nobody to tell
}
