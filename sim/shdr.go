package sim

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"zhigai/connect/mtconnect/document"
	"zhigai/connect/mtconnect/shdr"
)

// adapterBeat is the heartbeat an adapter asks for, ms.
const adapterBeat = "1000"

// adapter serves one machine as an adapter does: all it knows to whoever
// connects, then what changes.
type adapter struct {
	model *machineModel
	ctx   context.Context
	l     net.Listener
	done  sync.WaitGroup
}

// serveSHDR serves a machine as an adapter. An adapter has one machine.
func (p *Plant) serveSHDR(host, port string, machines []*machine) (string, error) {
	if len(machines) != 1 {
		return "", fmt.Errorf("%s and %s: an adapter has one machine; give each an address of its own", machines[0].path, machines[1].path)
	}
	model, err := newModel(machines[0], machines[0].code)
	if err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &adapter{model: model, ctx: ctx, l: l}
	a.done.Go(a.accept)
	p.closing(func() {
		cancel()
		_ = l.Close()
		a.done.Wait()
	})
	return l.Addr().String(), nil
}

func (a *adapter) accept() {
	turns := make(chan struct{}, maxConns)
	for {
		c, err := a.l.Accept()
		if err != nil {
			return
		}
		select {
		case turns <- struct{}{}:
		default:
			_ = c.Close()
			continue
		}
		a.done.Go(func() {
			a.serve(c)
			<-turns
		})
	}
}

// serve speaks to one client until either goes away.
func (a *adapter) serve(c net.Conn) {
	ctx, cancel := context.WithCancel(a.ctx)
	var hearing sync.WaitGroup
	defer hearing.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	pings := make(chan struct{}, 1)
	hearing.Go(func() {
		defer cancel()
		for lines := bufio.NewScanner(c); lines.Scan(); {
			if l, err := shdr.Parse(lines.Text()); err == nil && l.Command == "PING" {
				select {
				case pings <- struct{}{}:
				default: // one answer stands for both
				}
			}
		}
	})
	tick := time.NewTicker(gatherEvery)
	defer tick.Stop()
	seen := map[*dataItem]uint64{}
	said := map[*dataItem]document.Observation{}
	for {
		if _, err := c.Write(a.news(seen, said)); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-pings:
			if a.model.m.is(Silent) {
				continue
			}
			if _, err := c.Write([]byte("* PONG " + adapterBeat + "\n")); err != nil {
				return
			}
		}
	}
}

// news is the lines for what changed since it was last asked.
func (a *adapter) news(seen map[*dataItem]uint64, said map[*dataItem]document.Observation) (out []byte) {
	m := a.model.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.faults[Silent] {
		return nil
	}
	for _, d := range a.model.items {
		v := d.version(m) << 1
		if m.faults[Unplug] {
			v++
		}
		if last, told := seen[d]; told && last == v {
			continue
		}
		seen[d] = v
		o := a.model.observation(d)
		if last, ok := said[d]; ok && same(last, o) {
			continue
		}
		said[d] = o
		line, err := shdr.Append(nil, lineOf(d, &o))
		if err != nil {
			continue // a text with an end of line in the middle is nothing an adapter can say
		}
		out = append(out, line...)
	}
	return out
}

func lineOf(d *dataItem, o *document.Observation) shdr.Line {
	l := shdr.Line{Stamp: shdr.Stamp{Time: o.Time}}
	switch {
	case d.Category == document.Condition:
		l.Tokens = []string{d.key, strings.ToUpper(o.Level), o.Code, "", "", o.Value}
	case len(o.Entries) > 0:
		words := make([]string, len(o.Entries))
		for i, e := range o.Entries {
			words[i] = e.Key + "=" + e.Value
		}
		l.Tokens = []string{d.key, strings.Join(words, " ")}
	default:
		l.Tokens = []string{d.key, o.Value}
	}
	return l
}
