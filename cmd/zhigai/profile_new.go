package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/connect/profile/draft"
	"zhigai/data"
	"zhigai/plant"
)

type profileNewCmd struct {
	List     string            `help:"Tag list: CSV or Excel with a heading such as name,address,type,unit or 名称,地址,类型,单位; - reads standard input." placeholder:"FILE" xor:"from"`
	Birth    string            `help:"Payload of one Sparkplug NBIRTH or DBIRTH, as it came in." placeholder:"FILE" xor:"from"`
	EDS      string            `name:"eds" help:"Electronic data sheet of EtherNet/IP, DeviceNet or CANopen." placeholder:"FILE" xor:"from"`
	Browse   string            `help:"Address of an OPC UA server to look at, such as opc.tcp://192.168.1.20:4840." placeholder:"ADDRESS" xor:"from"`
	Under    string            `help:"With --browse: the node to begin at."`
	Param    map[string]string `help:"With --browse: parameters of the device, such as --param policy=None."`
	ID       string            `required:"" help:"Id of the profile, such as acme.press-100."`
	Vendor   string            `required:"" help:"Who makes the machine."`
	Class    string            `required:"" help:"What kind of machine it is, such as press or meter."`
	Title    string            `required:"" help:"What people call it."`
	Protocol string            `help:"The driver's kind; modbus-tcp for a list, sparkplug for a data sheet." placeholder:"KIND"`
	Output   string            `short:"o" help:"File to write; standard output when left out." placeholder:"FILE"`
}

// browseTime bounds a look at a server: a person waits for it.
const browseTime = 2 * time.Minute

func (c profileNewCmd) Run(ctx context.Context) error {
	set := throwawayDrivers()
	d := draft.Draft{ID: c.ID, Vendor: c.Vendor, Class: c.Class, Title: plant.Name{ZH: c.Title, EN: c.Title}}
	if err := c.rows(ctx, &d, set.List); err != nil {
		return err
	}
	src, err := data.FS.ReadFile("vocabulary.yaml")
	if err != nil {
		return err
	}
	words, err := profile.ReadVocabulary(src)
	if err != nil {
		return err
	}
	file, notes, problems, err := d.Write(words, checkersOf(set.List))
	if err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	for _, one := range problems {
		fmt.Fprintln(os.Stderr, one)
	}
	if len(problems) > 0 {
		return exitCode(1)
	}
	if c.Output == "" {
		_, err = os.Stdout.Write(file)
		return err
	}
	out, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists; write another file", c.Output)
	}
	if err != nil {
		return err
	}
	_, err = out.Write(file)
	return errors.Join(err, out.Close())
}

// rows fills in what the machine has, and where that was read.
func (c profileNewCmd) rows(ctx context.Context, d *draft.Draft, drivers []connect.Driver) (err error) {
	otherwise := func(protocol string) string {
		if c.Protocol != "" {
			return c.Protocol
		}
		return protocol
	}
	switch {
	case c.List != "":
		d.Protocol, d.Source = otherwise("modbus-tcp"), "tag list "+c.List
		var src []byte
		var table [][]string
		if src, err = readAll(c.List); err != nil {
			return err
		}
		if table, err = draft.Table(src); err != nil {
			return err
		}
		d.Rows, err = draft.FromTable(table, d.Protocol)
	case c.Birth != "":
		d.Protocol, d.Source = "sparkplug", "birth certificate "+c.Birth
		var src []byte
		if src, err = readAll(c.Birth); err != nil {
			return err
		}
		d.Rows, err = draft.FromBirth(src)
	case c.EDS != "":
		d.Protocol, d.Source = otherwise("sparkplug"), "electronic data sheet "+c.EDS
		var src []byte
		if src, err = readAll(c.EDS); err != nil {
			return err
		}
		d.Rows, err = draft.FromEDS(src)
	case c.Browse != "":
		d.Protocol, d.Source = "opcua", "address space of "+c.Browse
		d.Rows, err = c.look(ctx, drivers)
	default:
		return errors.New("nothing to begin with; write --list, --birth, --eds or --browse")
	}
	return err
}

func (c profileNewCmd) look(ctx context.Context, drivers []connect.Driver) ([]draft.Row, error) {
	ctx, cancel := context.WithTimeout(ctx, browseTime)
	defer cancel()
	for _, d := range drivers {
		if d.Kind() != "opcua" {
			continue
		}
		conn, err := d.Open(ctx, plant.Device{Driver: d.Kind(), Address: c.Browse, Params: c.Param})
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		b, ok := conn.(connect.Browser)
		if !ok {
			return nil, errors.New("BUG: the OPC UA driver does not browse")
		}
		return draft.FromBrowse(ctx, b, c.Under)
	}
	return nil, errors.New("BUG: there is no OPC UA driver")
}

func readAll(name string) ([]byte, error) {
	in, closeInput, err := input(name)
	if err != nil {
		return nil, err
	}
	defer closeInput()
	return io.ReadAll(in)
}
