package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/link/journal"
	"zhigai/plant"
)

// withoutSecrets is the body of a machine without what opens its device, which
// no other node has any use for; other bodies are as they were.
func withoutSecrets(kind, body string) (string, error) {
	if kind != "node" {
		return body, nil
	}
	var n plant.Node
	if err := json.Unmarshal([]byte(body), &n); err != nil || n.Machine == nil {
		return body, err
	}
	found := false
	for name, value := range n.Machine.Device.Params {
		if plant.SecretParam(name) || access.IsSealed(value) {
			delete(n.Machine.Device.Params, name)
			found = true
		}
	}
	if !found {
		return body, nil
	}
	raw, err := json.Marshal(n)
	return string(raw), err
}

// strip takes the secrets out of an announcement.
func strip(rows []journal.Row) error {
	for i, r := range rows {
		body, err := withoutSecrets(r.Kind, r.Body)
		if err != nil {
			return fmt.Errorf("record: %s %s: %w", r.Kind, r.Path, err)
		}
		rows[i].Body = body
	}
	return nil
}

// StripSecrets takes secrets out of the announcements that are stored, and seals
// plant files that were sent to nodes below; n were changed.
func (s Nodes) StripSecrets(ctx context.Context) (n int, err error) {
	for _, t := range []struct{ table, key string }{{"link_announced", "tenant"}, {"link_model", "node"}} {
		one, err := s.stripTable(ctx, t.table, t.key)
		if err != nil {
			return n, fmt.Errorf("record: secrets in %s: %w", t.table, err)
		}
		n += one
	}
	one, err := s.sealSettings(ctx)
	return n + one, err
}

func (s Nodes) stripTable(ctx context.Context, table, key string) (n int, err error) {
	var keys []string
	if err := s.db.Reader().NewRaw(`select cast(? as text) from ? order by 1 limit ?`, bun.Ident(key), bun.Ident(table), maxNodes).Scan(ctx, &keys); err != nil {
		return 0, err
	}
	for _, k := range keys { // one after the other: each may be large
		var body string
		if err := s.db.Reader().NewRaw(`select body from ? where cast(? as text) = ?`, bun.Ident(table), bun.Ident(key), k).Scan(ctx, &body); err != nil {
			return n, err
		}
		m, err := journal.DecodeModel([]byte(body))
		if err != nil {
			continue // of another form; the next announcement takes its place
		}
		if err := strip(m.Rows); err != nil {
			return n, err
		}
		clean, err := m.Encode()
		if err != nil {
			return n, err
		}
		if string(clean) == body {
			continue
		}
		n++
		if err := s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`update ? set body = ? where cast(? as text) = ? and body = ?`, bun.Ident(table), string(clean), bun.Ident(key), k, body).Exec(ctx)
			return err
		}); err != nil {
			return n, err
		}
	}
	return n, nil
}

func ofSettings(node string) string { return "settings/" + node }

// sealPlant is a plant file as it is stored.
func (s Nodes) sealPlant(node, file string) (string, error) {
	if s.vault == nil || file == "" || access.IsSealed(file) {
		return file, nil
	}
	return s.vault.Seal(ofSettings(node), file)
}

func (s Nodes) sealSettings(ctx context.Context) (n int, err error) {
	if s.vault == nil {
		return 0, nil
	}
	for {
		rows, err := s.db.Reader().QueryContext(ctx, `select node, number, plant from link_settings where plant <> '' and plant not like ? order by node, number limit 10`, access.SealedPrefix+"%")
		if err != nil {
			return n, fmt.Errorf("record: settings in clear: %w", err)
		}
		type clear struct {
			node   string
			number int64
			plant  string
		}
		var page []clear
		for rows.Next() {
			var c clear
			if err := rows.Scan(&c.node, &c.number, &c.plant); err != nil {
				return n, errors.Join(err, rows.Close())
			}
			page = append(page, c)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return n, err
		}
		if len(page) == 0 {
			return n, nil
		}
		for _, c := range page {
			text, err := s.sealPlant(c.node, c.plant)
			if err != nil {
				return n, err
			}
			n++
			if err := s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewRaw(`update link_settings set plant = ? where node = ? and number = ?`, text, c.node, c.number).Exec(ctx)
				return err
			}); err != nil {
				return n, fmt.Errorf("record: seal settings of %s: %w", c.node, err)
			}
		}
	}
}
