// Package snmp reads and writes what speaks SNMP: uninterruptible power
// supplies, switches, chillers, printers, environment monitors; versions 1, 2c
// and 3 (RFC 1157, 3416, 3414).
//
// Packets are those of gosnmp. An answer counts when it carries the question's
// number and names the objects that were asked for. Start with [New], then
// group.go.
package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gosnmp/gosnmp"

	"zhigai/connect"
	"zhigai/connect/snmp/oid"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// Kind is the driver's name in profiles and devices.
const Kind = "snmp"

// Driver makes connections.
type Driver struct{}

var (
	_ connect.Driver     = (*Driver)(nil)
	_ connect.Tester     = (*Driver)(nil)
	_ connect.Discoverer = (*Driver)(nil)
	_ connect.Writer     = (*conn)(nil)
	_ connect.Browser    = (*conn)(nil)
)

// New makes a driver.
func New() *Driver { return &Driver{} }

// Kind implements [connect.Driver].
func (*Driver) Kind() string { return Kind }

// Examples implements [connect.Exampler].
func (*Driver) Examples() connect.Examples {
	return connect.Examples{
		Device: plant.Device{Driver: Kind, Address: "192.168.1.30:161", Params: map[string]string{"community": "public"}},
		Search: "192.168.1.0/24",
		Point:  ".1.3.6.1.2.1.33.1.2.4.0", PointKind: plant.KindNumber,
	}
}

// CheckDevice implements [connect.Driver].
func (*Driver) CheckDevice(d plant.Device) error {
	_, err := settingsOf(d)
	return err
}

// CheckPoint implements [connect.Driver].
func (*Driver) CheckPoint(address string, kind plant.TagKind) error {
	if kind == plant.KindWaveform {
		return fmt.Errorf("snmp address %q: waveforms do not come over SNMP; write a number or a text", address)
	}
	_, err := oid.Parse(address)
	return err
}

// settings is a device's address and params, understood.
type settings struct {
	host      string
	port      uint16
	version   gosnmp.SnmpVersion
	community string
	user      user
	flags     gosnmp.SnmpV3MsgFlags
	context   string
	timeout   time.Duration // of one question
	most      int           // objects in one question
}

// user of version 3.
type user struct {
	name                       string
	auth                       gosnmp.SnmpV3AuthProtocol
	priv                       gosnmp.SnmpV3PrivProtocol
	authPassword, privPassword string
}

const (
	defaultTimeout = time.Second
	minTimeout     = 50 * time.Millisecond
	maxTimeout     = 30 * time.Second
	// retries: the network may lose a packet of UDP now and then.
	retries = 1
	// Objects in one question. 20 with their answers fit the 1,472 bytes of a
	// packet that no network divides; a device that takes fewer is asked for half.
	defaultMost = 20
	maxMost     = gosnmp.MaxOids
	defaultPort = 161
	minPassword = 8 // RFC 3414, 11.2
)

var auths = map[string]gosnmp.SnmpV3AuthProtocol{
	"MD5": gosnmp.MD5, "SHA": gosnmp.SHA, "SHA224": gosnmp.SHA224, "SHA256": gosnmp.SHA256, "SHA384": gosnmp.SHA384, "SHA512": gosnmp.SHA512,
}

var privs = map[string]gosnmp.SnmpV3PrivProtocol{
	"DES": gosnmp.DES, "AES": gosnmp.AES, "AES192": gosnmp.AES192, "AES256": gosnmp.AES256, "AES192C": gosnmp.AES192C, "AES256C": gosnmp.AES256C,
}

func settingsOf(d plant.Device) (settings, error) {
	s := settings{version: gosnmp.Version2c, timeout: defaultTimeout, most: defaultMost}
	host, port, err := net.SplitHostPort(d.Address)
	n, convErr := strconv.ParseUint(port, 10, 16)
	if err != nil || host == "" || convErr != nil || n == 0 {
		return s, fmt.Errorf("snmp device address %q; write host:port, for example 192.168.1.30:161", d.Address)
	}
	s.host, s.port = host, uint16(n)
	for name, v := range d.Params {
		if err := s.param(name, v); err != nil {
			return s, fmt.Errorf("snmp device %s: %w", d.Address, err)
		}
	}
	if err := s.check(); err != nil {
		return s, fmt.Errorf("snmp device %s: %w", d.Address, err)
	}
	return s, nil
}

func (s *settings) param(name, v string) error {
	wrong := func(what string) error { return fmt.Errorf("%s is %q; write %s", name, v, what) }
	var ok bool
	switch name {
	case "version":
		versions := map[string]gosnmp.SnmpVersion{"1": gosnmp.Version1, "2c": gosnmp.Version2c, "3": gosnmp.Version3}
		if s.version, ok = versions[v]; !ok {
			return wrong("1, 2c or 3")
		}
	case "community":
		s.community = v
	case "user":
		s.user.name = v
	case "auth":
		if s.user.auth, ok = auths[v]; !ok {
			return wrong("MD5, SHA, SHA224, SHA256, SHA384 or SHA512")
		}
	case "auth_password":
		s.user.authPassword = v
	case "priv":
		if s.user.priv, ok = privs[v]; !ok {
			return wrong("DES, AES, AES192, AES256, AES192C or AES256C")
		}
	case "priv_password":
		s.user.privPassword = v
	case "context":
		s.context = v
	case "timeout":
		d, err := time.ParseDuration(v)
		if err != nil || d < minTimeout || d > maxTimeout {
			return wrong(fmt.Sprintf("%v to %v", minTimeout, maxTimeout))
		}
		s.timeout = d
	case "max_objects":
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > maxMost {
			return wrong(fmt.Sprintf("1 to %d", maxMost))
		}
		s.most = n
	default:
		return fmt.Errorf("param %q is not known; write version, community, user, auth, auth_password, priv, priv_password, context, timeout or max_objects", name)
	}
	return nil
}

// check looks at what belongs together (RFC 3414: no privacy without
// authentication).
func (s *settings) check() error {
	u := &s.user
	if s.version != gosnmp.Version3 {
		if u.name != "" || u.authPassword != "" || u.privPassword != "" {
			return errors.New("user and passwords belong to version 3; write version 3, or a community")
		}
		if s.community == "" {
			s.community = "public"
		}
		return nil
	}
	auth, priv := u.auth > gosnmp.NoAuth, u.priv > gosnmp.NoPriv
	switch {
	case u.name == "":
		return errors.New("version 3 needs a user; write user and, as the device has them, auth, auth_password, priv and priv_password")
	case priv && !auth:
		return errors.New("priv without auth; write auth and auth_password too")
	case auth && len(u.authPassword) < minPassword || priv && len(u.privPassword) < minPassword:
		return fmt.Errorf("a password of fewer than %d characters; write auth_password and priv_password as the device has them", minPassword)
	case !auth && u.authPassword != "" || !priv && u.privPassword != "":
		return errors.New("a password without its method; write auth or priv too")
	}
	s.flags = gosnmp.NoAuthNoPriv
	if !auth {
		u.auth = gosnmp.NoAuth
	}
	if !priv {
		u.priv = gosnmp.NoPriv
	}
	if auth {
		s.flags = gosnmp.AuthNoPriv
	}
	if priv {
		s.flags = gosnmp.AuthPriv
	}
	return nil
}

// conn is one device.
type conn struct {
	settings settings
	client   *gosnmp.GoSNMP
	closed   sync.Once
}

// Open implements [connect.Driver]. There is nothing to connect to over UDP:
// open is who answers.
func (d *Driver) Open(ctx context.Context, device plant.Device) (connect.Conn, error) {
	c, err := open(ctx, device)
	if err != nil {
		return nil, err
	}
	if _, err := c.identity(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func open(ctx context.Context, device plant.Device) (*conn, error) {
	s, err := settingsOf(device)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g := &gosnmp.GoSNMP{
		Target: s.host, Port: s.port, Transport: "udp", Version: s.version, Community: s.community, Timeout: s.timeout, Retries: retries,
		MaxOids: maxMost, Context: ctx, ContextName: s.context,
	}
	if s.version == gosnmp.Version3 {
		g.SecurityModel, g.MsgFlags = gosnmp.UserSecurityModel, s.flags
		g.SecurityParameters = &gosnmp.UsmSecurityParameters{
			UserName: s.user.name, AuthenticationProtocol: s.user.auth, AuthenticationPassphrase: s.user.authPassword,
			PrivacyProtocol: s.user.priv, PrivacyPassphrase: s.user.privPassword,
		}
	}
	if err := g.Connect(); err != nil {
		return nil, fmt.Errorf("snmp %s: %w", device.Address, err)
	}
	g.Conn = tap.NewConn(ctx, g.Conn)
	return &conn{settings: s, client: g}, nil
}

// Close implements [connect.Conn].
func (c *conn) Close() error {
	c.closed.Do(func() { _ = c.client.Close() }) // it is of no use any more, whatever Close says
	return nil
}

func (c *conn) address() string {
	return net.JoinHostPort(c.settings.host, strconv.Itoa(int(c.settings.port)))
}

// ask sends one question; f is the client's method for it.
func (c *conn) ask(ctx context.Context, f func(*gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error)) (*gosnmp.SnmpPacket, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.client.Context = ctx
	stop := context.AfterFunc(ctx, func() { _ = c.client.Conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	p, err := f(c.client)
	switch {
	case err != nil && ctx.Err() != nil:
		err = ctx.Err()
	case err != nil:
	case p.PDUType != gosnmp.GetResponse:
		err = fmt.Errorf("%w: a %v in place of an answer", connect.ErrMalformed, p.PDUType)
	case p.RequestID == 0:
		// The library takes it for the answer to any question.
		err = fmt.Errorf("%w: an answer without the question's number", connect.ErrMalformed)
	}
	if err != nil {
		return nil, fmt.Errorf("snmp %s: %w", c.address(), err)
	}
	return p, nil
}

// Objects of the system group (RFC 3418) and the serial number of what is the
// device as a whole (RFC 6933).
const (
	entPhysicalSerialNum = ".1.3.6.1.2.1.47.1.1.1.1.11.1"

	sysDescr    = ".1.3.6.1.2.1.1.1.0"
	sysObjectID = ".1.3.6.1.2.1.1.2.0"
	sysName     = ".1.3.6.1.2.1.1.5.0"
)

// identity is name, description and object id as the device gives them.
func (c *conn) identity(ctx context.Context) (string, error) {
	var words []string
	for _, object := range []string{sysName, sysDescr, sysObjectID} {
		word, err := c.word(ctx, object)
		if err != nil {
			return "", err
		}
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", "), nil
}

// text is an object's text, "" when the device has none.
func (c *conn) text(ctx context.Context, object string) string {
	word, _ := c.word(ctx, object) // what is not said is not known
	return word
}

// word asks for one object: version 1 refuses all for one that is missing. An
// error means that nobody answered.
func (c *conn) word(ctx context.Context, object string) (string, error) {
	p, err := c.ask(ctx, func(g *gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error) { return g.Get([]string{object}) })
	if err != nil {
		return "", err
	}
	if p.Error != gosnmp.NoError || len(p.Variables) != 1 || p.Variables[0].Name != object {
		return "", nil
	}
	r := reading(0, plant.KindText, p.Variables[0])
	return strings.TrimSpace(r.Text), nil // empty with an error
}

// Test implements [connect.Tester].
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	c, err := open(ctx, device)
	if err != nil {
		return "", err
	}
	defer c.Close()
	id, err := c.identity(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("SNMP version %s answers: %s", c.settings.version, id), nil
}
