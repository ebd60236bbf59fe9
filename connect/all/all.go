// Package all is the list of protocols this program speaks, and the only place
// that knows all of them. A new driver is a line here.
package all

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"zhigai/connect"
	"zhigai/connect/cip"
	"zhigai/connect/database"
	"zhigai/connect/dlt645"
	"zhigai/connect/files"
	"zhigai/connect/fins"
	"zhigai/connect/httpjson"
	"zhigai/connect/iec104"
	"zhigai/connect/line"
	"zhigai/connect/modbus"
	"zhigai/connect/mqtt"
	"zhigai/connect/mtconnect"
	"zhigai/connect/opcua"
	"zhigai/connect/s7"
	"zhigai/connect/slmp"
	"zhigai/connect/snmp"
	"zhigai/connect/sparkplug"
	"zhigai/connect/text"
)

// hostID is the name under which edge nodes of Sparkplug wait for us.
const hostID = "zhigai"

// Options are what the drivers need of their surroundings.
type Options struct {
	Dir    string // for certificates, approvals and cursors
	Files  string // the folder in which devices leave files; "" for none
	Broker *mqtt.Broker
	Now    func() time.Time
	Logger *slog.Logger
}

// Set is the drivers and what is to be closed with them.
type Set struct {
	List    []connect.Driver
	Hook    http.Handler // where devices post, below httpjson.HookPath
	closers []func() error
}

// Close ends what the drivers hold; collectors must have stopped.
func (s Set) Close() error {
	var errs []error
	for _, c := range s.closers {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// Drivers makes one of each. The broker must not have started: handlers are
// registered before the first message.
func Drivers(o Options) (Set, error) {
	ua, err := opcua.New(opcua.Options{Dir: o.Dir, ApplicationURI: "urn:zhigai:collector", Now: o.Now, Logger: o.Logger})
	if err != nil {
		return Set{}, err
	}
	host, err := sparkplug.New(sparkplug.Options{Broker: o.Broker, HostID: hostID, Now: o.Now, Logger: o.Logger})
	if err != nil {
		return Set{}, err
	}
	plain, err := mqtt.NewDriver(mqtt.DriverOptions{Broker: o.Broker, Now: o.Now, Logger: o.Logger})
	if err != nil {
		return Set{}, err
	}
	lines := line.NewPool(line.Options{}) // of one port, whatever is spoken on it
	folders, err := files.New(files.Options{Root: o.Files, Dir: o.Dir, Now: o.Now, Logger: o.Logger})
	if err != nil {
		return Set{}, err
	}
	rows, err := database.New(database.Options{Dir: o.Dir, Now: o.Now})
	if err != nil {
		return Set{}, err
	}
	mt := mtconnect.Options{Now: o.Now, Logger: o.Logger}
	hook := httpjson.NewHook(o.Now)
	list := []connect.Driver{
		modbus.New(),
		modbus.NewSerial(lines),
		dlt645.New(lines),
		text.New(lines),
		text.NewStream(lines),
		ua,
		host,
		plain,
		s7.New(),
		fins.New(),
		mtconnect.New(mt),
		mtconnect.NewAdapter(mt),
		snmp.New(),
		slmp.New(),
		cip.New(),
		iec104.New(),
		folders,
		httpjson.New(o.Now),
		hook,
		rows,
	}
	return Set{List: list, Hook: hook, closers: []func() error{host.Close}}, nil
}
