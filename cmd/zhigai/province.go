package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"zhigai/access"
	"zhigai/link"
	"zhigai/link/sharing"
	"zhigai/record/nodes"
)

type provinceCmd struct {
	Data   string `help:"Folder of the five nodes." default:"./.province" type:"path"`
	Firms  int    `help:"Synthetic firms in the registries." default:"2000"`
	Plants int    `help:"How many of them have live plants of four to eight machines." default:"30"`
	Past   int    `help:"Days that the plants have lived before." default:"2"`
	Seed   uint64 `help:"The same seed gives the same firms and machines." default:"1"`
	Port   int    `help:"Pages are at this port of this machine and the four behind it; 0: free ones." default:"8690"`
}

// station is one node of the tree, a process of its own.
type station struct {
	name   string
	title  string
	region string // whose firms its registry holds; "": it has none
	above  *station
	below  bool // nodes connect to it
	live   []synthetic

	dir, page, links string
	cmd              *exec.Cmd
	ended            chan error
}

const (
	// stationStart bounds how long a node takes to be ready, with its past.
	stationStart = 15 * time.Minute
	// stationStop bounds how long it takes to end.
	stationStop = 20 * time.Second
)

// Run stands up province, city, county, the platform of a sector and a plant,
// and fills them; then they run until it is interrupted. A folder that is there
// already goes on as it is.
func (c provinceCmd) Run(ctx context.Context) (err error) {
	if c.Firms < c.Plants || c.Firms > 9999 || c.Plants < 2 || c.Plants > 60 {
		return errors.New("--firms and --plants: 2 to 60 plants are of up to 9999 firms")
	}
	year := time.Now().Year()
	firms, err := syntheticFirms(c.Seed, c.Firms, c.Plants, year)
	if err != nil {
		return err
	}
	all, err := c.stations(firms)
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(c.Data, "filled"))
	fresh := errors.Is(err, fs.ErrNotExist)
	defer func() {
		for i := len(all) - 1; i >= 0; i-- {
			err = errors.Join(err, all[i].stop())
		}
	}()
	for _, s := range all {
		fmt.Printf("%-9s %s …\n", s.name, s.title)
		if err := c.raise(ctx, s, fresh); err != nil {
			return fmt.Errorf("%s: %w; see %s.log", s.name, err, s.dir)
		}
	}
	if fresh {
		if err := c.fill(ctx, all, firms, year); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.Data, "filled"), nil, 0o600); err != nil {
			return err
		}
	}
	for _, s := range all {
		login := "admin / admin-demo"
		if s.region != "" {
			login = fmt.Sprintf("%s or %s / %s", provinceLead, provinceOfficer, provincePassword)
		}
		fmt.Printf("%-9s %-24s %-36s %s\n", s.name, s.page, login, s.title)
	}
	fmt.Println("ready")
	return c.watch(ctx, all)
}

// stations are the five nodes, those above first.
func (c provinceCmd) stations(firms []synthetic) ([]*station, error) {
	province := &station{name: "province", title: "浙江省", region: "33", below: true}
	city := &station{name: "city", title: "绍兴市", region: "3306", above: province, below: true}
	county := &station{name: "county", title: "新昌县", region: "330624", above: city, below: true}
	platform := &station{name: "platform", title: "轴承行业平台", above: county, live: firms[1:c.Plants]}
	works := &station{name: "plant", title: firms[0].name, above: county, live: firms[:1]}
	all := []*station{province, city, county, platform, works}
	for i, s := range all {
		s.dir = filepath.Join(c.Data, s.name)
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return nil, err
		}
		port := c.Port + i
		if c.Port == 0 {
			var err error
			if port, err = freePort(); err != nil {
				return nil, err
			}
		}
		s.page = fmt.Sprintf("http://127.0.0.1:%d", port)
		if s.below {
			port, err := freePort()
			if err != nil {
				return nil, err
			}
			s.links = fmt.Sprintf("127.0.0.1:%d", port)
		}
	}
	return all, nil
}

// raise starts a node and waits until it answers.
func (c provinceCmd) raise(ctx context.Context, s *station, fresh bool) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"run", "--data", s.dir, "--listen", strings.TrimPrefix(s.page, "http://"), "--mqtt", "127.0.0.1:0", "--no-mdns", "--admin-token", s.token()}
	if s.below {
		args = append(args, "--links", s.links, "--hub-name", s.title)
	}
	if s.above != nil {
		key := s.dir + ".key"
		if fresh {
			if err := s.shareFigures(ctx); err != nil {
				return err
			}
			if err := s.enrol(ctx, key); err != nil {
				return err
			}
		}
		args = append(args, "--parent", "nats://"+s.above.links, "--node-key", key)
	}
	if len(s.live) > 0 {
		file := s.dir + ".yaml"
		if err := os.WriteFile(file, plantFileOf(s.live), 0o600); err != nil {
			return err
		}
		args = append(args, "--demo", "--plant", file, "--past", fmt.Sprint(c.Past), "--seed", fmt.Sprint(c.Seed))
	}
	log, err := os.OpenFile(s.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(self, args...) // ends when it is told, not in the middle
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.cmd.Wait() }()
	return s.awaitReady(ctx)
}

// shareFigures says before the first contact that figures, seals and the steps
// of requests go up, and no sample.
func (s *station) shareFigures(ctx context.Context) (err error) {
	rec, err := openRecord(ctx, place{Data: s.dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rec.Close()) }()
	p := link.Policy{Schema: link.PolicySchema, Figures: []string{sharing.MachineDays}, Records: []string{"seal", "evidence_*", "suspicion*"}}
	_, err = nodes.New(rec).SavePolicy(access.With(ctx, access.Node(homeTenant)), homeTenant, sharing.Kept{Policy: p})
	if errors.Is(err, access.ErrConflict) { // a start that was broken off has said so
		return nil
	}
	return err
}

// enrol makes the node known to the one above.
func (s *station) enrol(ctx context.Context, key string) error {
	if _, err := os.Stat(membershipFile(key)); err == nil {
		return nil
	}
	made, err := askNode[inviteReport](ctx, s.above.dir, "/links/invite", inviteRequest{s.title, time.Hour})
	if err != nil {
		return err
	}
	return enrolCmd{Code: made.Code, Parent: []string{"nats://" + s.above.links}, NodeKey: key}.do(ctx, io.Discard)
}

func (s *station) token() string { return s.dir + ".token" }

// stop ends the node as a service manager would.
func (s *station) stop() error {
	if s.cmd == nil || s.cmd.Process == nil {
		return nil
	}
	select {
	case <-s.ended:
		return nil
	default:
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(stationStop):
		return errors.Join(fmt.Errorf("%s does not end; it was killed", s.name), s.cmd.Process.Kill())
	}
}

// watch returns when it is interrupted, or with the first node that ended.
func (c provinceCmd) watch(ctx context.Context, all []*station) error {
	ended := make(chan error, len(all))
	for _, s := range all {
		go func() {
			select {
			case err := <-s.ended:
				s.ended <- err // stop asks, too
				ended <- fmt.Errorf("%s ended by itself: %w; see %s.log", s.name, errors.Join(err, ctx.Err()), s.dir)
			case <-ctx.Done():
			}
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

// freePort asks the system for a port of this machine that is free now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
