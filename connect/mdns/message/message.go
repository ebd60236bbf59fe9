// Package message reads and writes what devices say of themselves by multicast
// DNS: the few records of DNS that service discovery needs (RFC 6762, RFC 6763).
//
// It does no I/O and keeps nothing. Start with [Parse] and [Message.Pack].
package message

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
)

// MaxSize is the largest message of multicast DNS (RFC 6762, 17).
const MaxSize = 9000

// maxRecords bounds what one message may bring; a responder with forty services
// of five records each fits.
const maxRecords = 500

// Kind is what a record says.
type Kind uint16

const (
	Pointer Kind = Kind(dnsmessage.TypePTR)  // service → instance
	Server  Kind = Kind(dnsmessage.TypeSRV)  // instance → host and port
	Text    Kind = Kind(dnsmessage.TypeTXT)  // instance → key=value
	IPv4    Kind = Kind(dnsmessage.TypeA)    // host → address
	IPv6    Kind = Kind(dnsmessage.TypeAAAA) // host → address
)

// Record is one thing that is said. Names end with a dot.
type Record struct {
	Kind   Kind
	Name   string
	TTL    uint32 // seconds that it holds; 0 takes it back
	Flush  bool   // it replaces what was said before under the name
	Target string // of Pointer and Server
	Port   uint16 // of Server
	Text   []string
	Addr   netip.Addr
}

// Question asks for records of a kind under a name: Pointer of
// _opcua-tcp._tcp.local. for the instances of a service.
type Question struct {
	Kind Kind
	Name string
}

// Message is questions, or records.
type Message struct {
	Response  bool
	Questions []Question
	Records   []Record
}

// cacheFlush is the top bit of a record's class (RFC 6762, 10.2).
const cacheFlush = 1 << 15

// Parse reads a message. Records of other kinds and questions of other types are
// left out. The error says that the message cannot be read to its end.
func Parse(raw []byte) (Message, error) {
	if len(raw) > MaxSize {
		return Message{}, fmt.Errorf("mdns: a message of %d bytes; at most %d", len(raw), MaxSize)
	}
	var p dnsmessage.Parser
	head, err := p.Start(raw)
	if err != nil {
		return Message{}, fmt.Errorf("mdns: header: %w", err)
	}
	m := Message{Response: head.Response}
	for n := 0; ; n++ {
		q, err := p.Question()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			break
		}
		if err != nil || n >= maxRecords {
			return Message{}, fmt.Errorf("mdns: question %d: %w", n+1, orMany(err))
		}
		switch k := Kind(q.Type); k {
		case Pointer, Server, Text, IPv4, IPv6:
			m.Questions = append(m.Questions, Question{k, q.Name.String()})
		}
	}
	n := 0
	for _, section := range []struct {
		head func() (dnsmessage.ResourceHeader, error)
		skip func() error
	}{{p.AnswerHeader, p.SkipAnswer}, {p.AuthorityHeader, p.SkipAuthority}, {p.AdditionalHeader, p.SkipAdditional}} {
		for {
			h, err := section.head()
			if errors.Is(err, dnsmessage.ErrSectionDone) {
				break
			}
			if n++; err != nil || n > maxRecords {
				return Message{}, fmt.Errorf("mdns: record %d: %w", n, orMany(err))
			}
			r, known, err := body(&p, h)
			if !known {
				err = section.skip()
			}
			if err != nil {
				return Message{}, fmt.Errorf("mdns: record %d: %w", n, err)
			}
			if known {
				m.Records = append(m.Records, r)
			}
		}
	}
	return m, nil
}

var errMany = fmt.Errorf("more than %d", maxRecords)

func orMany(err error) error {
	if err == nil {
		return errMany
	}
	return err
}

func body(p *dnsmessage.Parser, h dnsmessage.ResourceHeader) (r Record, known bool, err error) {
	r = Record{Kind: Kind(h.Type), Name: h.Name.String(), TTL: h.TTL, Flush: h.Class&cacheFlush != 0}
	switch h.Type {
	case dnsmessage.TypePTR:
		var x dnsmessage.PTRResource
		x, err = p.PTRResource()
		r.Target = x.PTR.String()
	case dnsmessage.TypeSRV:
		var x dnsmessage.SRVResource
		x, err = p.SRVResource()
		r.Target, r.Port = x.Target.String(), x.Port
	case dnsmessage.TypeTXT:
		var x dnsmessage.TXTResource
		x, err = p.TXTResource()
		r.Text = x.TXT
	case dnsmessage.TypeA:
		var x dnsmessage.AResource
		x, err = p.AResource()
		r.Addr = netip.AddrFrom4(x.A)
	case dnsmessage.TypeAAAA:
		var x dnsmessage.AAAAResource
		x, err = p.AAAAResource()
		r.Addr = netip.AddrFrom16(x.AAAA)
	default:
		return r, false, nil
	}
	return r, true, err
}

// Pack writes the message. Records stand in the answer section; names are not
// compressed.
func (m Message) Pack() ([]byte, error) {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{Response: m.Response, Authoritative: m.Response})
	if err := b.StartQuestions(); err != nil {
		return nil, fmt.Errorf("mdns: %w", err)
	}
	for _, q := range m.Questions {
		name, err := dnsmessage.NewName(q.Name)
		if err != nil {
			return nil, fmt.Errorf("mdns: name %q: %w", q.Name, err)
		}
		if err := b.Question(dnsmessage.Question{Name: name, Type: dnsmessage.Type(q.Kind), Class: dnsmessage.ClassINET}); err != nil {
			return nil, fmt.Errorf("mdns: name %q: %w", q.Name, err)
		}
	}
	if err := b.StartAnswers(); err != nil {
		return nil, fmt.Errorf("mdns: %w", err)
	}
	for i, r := range m.Records {
		if err := r.append(&b); err != nil {
			return nil, fmt.Errorf("mdns: record %d, %q: %w", i+1, r.Name, err)
		}
	}
	raw, err := b.Finish()
	if err != nil {
		return nil, fmt.Errorf("mdns: %w", err)
	}
	return raw, nil
}

func (r Record) append(b *dnsmessage.Builder) error {
	name, err := dnsmessage.NewName(r.Name)
	if err != nil {
		return err
	}
	h := dnsmessage.ResourceHeader{Name: name, Type: dnsmessage.Type(r.Kind), Class: dnsmessage.ClassINET, TTL: r.TTL}
	if r.Flush {
		h.Class |= cacheFlush
	}
	switch r.Kind {
	case Pointer, Server:
		target, err := dnsmessage.NewName(r.Target)
		if err != nil {
			return err
		}
		if r.Kind == Pointer {
			return b.PTRResource(h, dnsmessage.PTRResource{PTR: target})
		}
		return b.SRVResource(h, dnsmessage.SRVResource{Target: target, Port: r.Port})
	case Text:
		return b.TXTResource(h, dnsmessage.TXTResource{TXT: r.Text})
	case IPv4:
		if !r.Addr.Is4() {
			return fmt.Errorf("%s is no IPv4 address", r.Addr)
		}
		return b.AResource(h, dnsmessage.AResource{A: r.Addr.As4()})
	case IPv6:
		if !r.Addr.Is6() {
			return fmt.Errorf("%s is no IPv6 address", r.Addr)
		}
		return b.AAAAResource(h, dnsmessage.AAAAResource{AAAA: r.Addr.As16()})
	}
	return fmt.Errorf("kind %d is none of a service", r.Kind)
}
