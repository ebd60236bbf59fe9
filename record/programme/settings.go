package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/plant"
	"zhigai/programme/target"
	"zhigai/record"
)

var _ target.SettingsStore = Registers{}

// Settings implements target.SettingsStore.
func (r Registers) Settings(ctx context.Context, tenant plant.TenantNo) (target.Settings, error) {
	s := target.Settings{Incentive: []string{}}
	var raw string
	var rev int64
	err := r.db.Reader().QueryRowContext(ctx, `select rev, body from target_settings where tenant = ? order by rev desc limit 1`, tenant).Scan(&rev, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &s)
	}
	if err != nil {
		return s, fmt.Errorf("record: read settings of targets: %w", err)
	}
	s.Rev = rev
	return s, nil
}

// SaveSettings implements target.SettingsStore.
func (r Registers) SaveSettings(ctx context.Context, tenant plant.TenantNo, s target.Settings) (target.Settings, error) {
	if s.Incentive == nil {
		s.Incentive = []string{}
	}
	seen := s.Rev
	err := r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var has int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from target_settings where tenant = ?`, tenant).Scan(ctx, &has); err != nil {
			return fmt.Errorf("record: read settings of targets: %w", err)
		}
		if err := newer("what the targets are set to", has, seen); err != nil {
			return err
		}
		s.Rev = has + 1
		raw, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("record: settings of targets: %w", err)
		}
		if _, err := tx.NewRaw(`insert into target_settings (tenant, rev, body, recorded, who) values (?, ?, ?, ?, ?)`, tenant, s.Rev, string(raw), int64(r.db.Now()), record.Who(ctx)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save settings of targets: %w", err)
		}
		return nil
	})
	if err != nil {
		return target.Settings{}, err
	}
	return s, nil
}

// SettingsHistory implements target.SettingsStore.
func (r Registers) SettingsHistory(ctx context.Context, tenant plant.TenantNo) ([]target.SettingsChange, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select rev, body, recorded, who from target_settings where tenant = ? order by rev desc limit ?`, tenant, maxHistory)
	return collect(rows, err, func(rows *sql.Rows) (c target.SettingsChange, err error) {
		var raw string
		var rev int64
		if err := rows.Scan(&rev, &raw, &c.At, &c.Who); err != nil {
			return c, err
		}
		if err := json.Unmarshal([]byte(raw), &c.Settings); err != nil {
			return c, fmt.Errorf("record: settings of targets, revision %d: %w", rev, err)
		}
		c.Rev = rev
		return c, nil
	})
}
