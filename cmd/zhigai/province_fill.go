package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/programme/machine"
	"zhigai/programme/target"
)

// fillTime bounds one request of the filling.
const fillTime = 2 * time.Minute

// call asks a node's API as its administrator.
func (s *station) call(ctx context.Context, method, path string, header http.Header, body, out any) error {
	ctx, cancel := context.WithTimeout(ctx, fillTime)
	defer cancel()
	kind, raw := "application/json", []byte(nil)
	if b, ok := body.([]byte); ok {
		kind, raw = "application/octet-stream", b
	} else if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	token, err := os.ReadFile(s.token())
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.page+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if raw, err = io.ReadAll(res.Body); err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", method, path, res.Status, raw)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// until asks again until ok, the node ends or the time is over.
func (s *station) until(ctx context.Context, what string, ok func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, stationStart)
	defer cancel()
	for {
		done, err := ok()
		if err != nil || done {
			return err
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("it ended before %s: %w", what, err)
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (s *station) awaitReady(ctx context.Context) error {
	return s.until(ctx, "it was ready", func() (bool, error) {
		return s.call(ctx, http.MethodGet, "/sharing-policy", nil, nil, nil) == nil, nil // not ready is no error
	})
}

// fill gives the registries their firms, returns and people, and says whose the
// plants are.
func (c provinceCmd) fill(ctx context.Context, all []*station, firms []synthetic, year int) error {
	for _, s := range all {
		if s.region == "" {
			continue
		}
		n, err := s.register(ctx, firms, year)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Printf("%-9s %d firms\n", s.name, n)
		if err := s.people(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for _, s := range all {
		if s.region == "" {
			continue
		}
		n, err := s.join(ctx, firms[:c.Plants])
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Printf("%-9s %d plants of firms\n", s.name, n)
	}
	return nil
}

// register imports the firms of the region, and what those without a plant
// declare of their machines.
func (s *station) register(ctx context.Context, firms []synthetic, year int) (int, error) {
	raw, err := sheetOf(firms, s.region, year)
	if err != nil {
		return 0, err
	}
	var j enterprise.Job
	since := plant.MicrosOf(time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC))
	if err := s.call(ctx, http.MethodPost, fmt.Sprintf("/firm-sheets?since=%d&file=firms.csv", since), nil, raw, &j); err != nil {
		return 0, err
	}
	settled := func() (bool, error) {
		err := s.call(ctx, http.MethodGet, "/firm-sheets/"+url.PathEscape(j.ID), nil, nil, &j)
		if err == nil && j.Stage == enterprise.Failed {
			err = fmt.Errorf("the list of firms: %+v", j)
		}
		return j.Stage == enterprise.Ready || j.Stage == enterprise.Applied, err
	}
	if err := s.until(ctx, "the firms were read", settled); err != nil {
		return 0, err
	}
	if err := s.call(ctx, http.MethodPost, "/firm-sheets/"+url.PathEscape(j.ID)+"/apply", nil, map[string]any{}, nil); err != nil {
		return 0, err
	}
	if err := s.until(ctx, "the firms were stored", func() (bool, error) {
		_, err := settled()
		return j.Stage == enterprise.Applied, err
	}); err != nil {
		return 0, err
	}
	ids, err := s.ids(ctx)
	if err != nil {
		return 0, err
	}
	for _, f := range firms {
		id := ids[f.code]
		for name, v := range map[string]int{"machines": f.machines, "machines_nc": f.nc, "machines_networked": f.networked} { // each within the first, in any order
			if f.machines == 0 || id == "" {
				continue
			}
			r := map[string]any{"firm": id, "year": year, "name": name, "value": v, "basis": target.Declared, "rev": 0}
			if err := s.call(ctx, http.MethodPut, "/firm-returns", nil, r, nil); err != nil {
				return 0, err
			}
		}
	}
	return len(ids), nil
}

// ids are the firms of the registry by credit code.
func (s *station) ids(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for cursor := ""; ; {
		var page struct {
			Items []struct{ ID, Code string }
			Next  string
		}
		if err := s.call(ctx, http.MethodGet, "/firms?limit=200&cursor="+url.QueryEscape(cursor), nil, nil, &page); err != nil {
			return nil, err
		}
		for _, f := range page.Items {
			out[f.Code] = f.ID
		}
		if cursor = page.Next; cursor == "" {
			return out, nil
		}
	}
}

// The people of the nodes above the plants; their password is public.
const (
	provinceLead, provinceOfficer = "lead", "officer"
	provincePassword              = "five-nodes-demo"
)

// people makes one who may do everything, and an officer of the region who may
// read of its firms.
func (s *station) people(ctx context.Context) error {
	lead := map[string]any{"name": provinceLead, "display": s.title + "管理员", "role": access.RoleAdmin, "password": provincePassword}
	officer := map[string]any{"name": provinceOfficer, "display": s.title + "主管人员", "password": provincePassword, "grants": []map[string]any{{"role": "officer", "region": s.region}}}
	return errors.Join(s.call(ctx, http.MethodPost, "/users", nil, lead, nil), s.call(ctx, http.MethodPost, "/users", nil, officer, nil))
}

// join says of every live plant whose it is, when its machine days have come.
func (s *station) join(ctx context.Context, live []synthetic) (int, error) {
	ids, err := s.ids(ctx)
	if err != nil {
		return 0, err
	}
	var plants struct{ Items []machine.Link }
	if err := s.until(ctx, "machine days of all plants had come", func() (bool, error) {
		err := s.call(ctx, http.MethodGet, "/plants", nil, nil, &plants)
		return len(plants.Items) >= len(live), err
	}); err != nil {
		return 0, err
	}
	n := 0
	for _, p := range plants.Items {
		i := slices.IndexFunc(live, func(f synthetic) bool { return f.name == p.Name.ZH })
		if i < 0 || ids[live[i].code] == "" {
			continue
		}
		rev := http.Header{"If-Match": {fmt.Sprintf("%q", fmt.Sprint(p.Rev))}}
		if err := s.call(ctx, http.MethodPut, "/plants/"+url.PathEscape(string(p.Owner)), rev, map[string]string{"firm": ids[live[i].code]}, nil); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
