package shop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/north"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/discovery"
)

// Secrets seal what opens devices and brokers before it is stored. What was
// sealed goes wherever master data go, and says nothing without the node's key;
// it is opened for who connects, and for nobody else. Without a vault what comes
// in clear is stored so, until [SealStored].
type Secrets struct {
	Vault *access.Vault
	// Is says whether a parameter of a device of the profile is secret.
	Is func(profile, param string) bool
}

// Names of secrets, see [access.Vault.Seal].
func ofDevice(tenant plant.TenantNo, id plant.DeviceID, param string) string {
	return fmt.Sprintf("device/%d/%s/%s", tenant, id, param)
}

// ofRule is a parameter of whatever device a discovery rule adopts.
func ofRule(tenant plant.TenantNo, param string) string {
	return fmt.Sprintf("rule/%d/%s", tenant, param)
}

// ofTarget has the broker in it: a password opens for the broker, user and CA
// that it was written for.
func ofTarget(tenant plant.TenantNo, t north.Target) string {
	return fmt.Sprintf("north/%d/%s\n%s\n%s", tenant, t.URL, t.User, t.CA)
}

// device seals the parameters of a machine's device. What was sealed before
// stays as it is while it says the same, so that the same file again changes
// nothing.
func (s Secrets) device(tenant plant.TenantNo, n *plant.Node, was []plant.Node) error {
	if s.Vault == nil || n.Machine == nil || len(n.Machine.Device.Params) == 0 {
		return nil
	}
	m := *n.Machine
	params := maps.Clone(m.Device.Params)
	for name, value := range params {
		if value == "" || !s.Is(m.Profile, name) && !access.IsSealed(value) {
			continue
		}
		text, err := s.param(ofDevice(tenant, m.Device.ID, name), ofRule(tenant, name), value, before(was, name))
		if err != nil {
			return invalid("parameter %s: %w", name, err)
		}
		params[name] = text
	}
	m.Device.Params = params
	n.Machine = &m
	return nil
}

// before are the stored values of a parameter.
func before(was []plant.Node, name string) (out []string) {
	for _, n := range was {
		if n.Machine != nil && access.IsSealed(n.Machine.Device.Params[name]) {
			out = append(out, n.Machine.Device.Params[name])
		}
	}
	return out
}

// param is the value as it is to be stored. from names what may have sealed it
// before it came here.
func (s Secrets) param(of, from, value string, was []string) (string, error) {
	if slices.Contains(was, value) { // also when the key is lost
		return value, nil
	}
	if access.IsSealed(value) {
		if _, err := s.Vault.Open(of, value); err == nil {
			return value, nil
		}
		open, err := s.Vault.Open(from, value)
		if err != nil {
			return "", fmt.Errorf("it was sealed for another machine or at another node; write it in clear: %w", err)
		}
		value = open
	}
	for _, old := range was {
		if open, err := s.Vault.Open(of, old); err == nil && open == value {
			return old, nil
		}
	}
	return s.Vault.Seal(of, value)
}

// rule seals the parameters of a discovery rule.
func (s Secrets) rule(tenant plant.TenantNo, r *discovery.Rule, was []discovery.Rule) error {
	if s.Vault == nil {
		return nil
	}
	params := maps.Clone(r.Params)
	for name, value := range params {
		if value == "" || !s.Is(r.Profile, name) && !access.IsSealed(value) {
			continue
		}
		var old []string
		for _, one := range was {
			if access.IsSealed(one.Params[name]) {
				old = append(old, one.Params[name])
			}
		}
		text, err := s.param(ofRule(tenant, name), ofRule(tenant, name), value, old)
		if err != nil {
			return invalid("parameter %s: %w", name, err)
		}
		params[name] = text
	}
	r.Params = params
	return nil
}

// target seals the password of a broker. What is stored of another broker is not
// taken over: it does not open for this one.
func (s Secrets) target(tenant plant.TenantNo, t *north.Target, was []north.Target) error {
	if s.Vault == nil || t.Password == "" || access.IsSealed(t.Password) {
		return nil
	}
	of := ofTarget(tenant, *t)
	for _, old := range was {
		if open, err := s.Vault.Open(of, old.Password); err == nil && access.IsSealed(old.Password) && open == t.Password {
			t.Password = old.Password
			return nil
		}
	}
	var err error
	t.Password, err = s.Vault.Seal(of, t.Password)
	return err
}

// openTarget gives the password back, or says that it cannot be read.
func (s Secrets) openTarget(tenant plant.TenantNo, t *north.Target) {
	open, err := s.Vault.Open(ofTarget(tenant, *t), t.Password)
	if err != nil {
		t.Password, t.Sealed = "", err
		return
	}
	t.Password = open
}

// Opened is a machine with the secrets of its device in clear, for who connects
// to it.
func (p Plants) Opened(tenant plant.TenantNo, n plant.Node) (plant.Node, error) {
	if n.Machine == nil {
		return n, nil
	}
	m := *n.Machine
	params := maps.Clone(m.Device.Params)
	for name, value := range params {
		open, err := p.secrets.Vault.Open(ofDevice(tenant, m.Device.ID, name), value)
		if err != nil {
			return n, fmt.Errorf("parameter %s: %w", name, err)
		}
		params[name] = open
	}
	m.Device.Params = params
	n.Machine = &m
	return n, nil
}

// sealedAtOnce bounds the rows that one look for secrets reads.
const sealedAtOnce = 500

// SealStored seals what lies in clear of a tenant's machines, rules and targets,
// the past among it; n rows did. It may end anywhere and is then run again.
func SealStored(ctx context.Context, db *record.DB, tenant plant.TenantNo, s Secrets) (n int, err error) {
	var last version
	kind := ""
	for {
		rows, err := db.Reader().QueryContext(ctx, `select kind, `+versionColumns+` from master where tenant = ? and kind in (?, ?, ?)
			and (body like '%"params":{%' or body like '%"password":"%') and (kind, id, valid_from) > (?, ?, ?)
			order by kind, id, valid_from limit ?`, tenant, kindNode, kindRule, kindTarget, kind, last.ID, last.From, sealedAtOnce)
		if err != nil {
			return n, fmt.Errorf("record: look for secrets: %w", err)
		}
		page, err := scanKinds(rows)
		if err != nil {
			return n, fmt.Errorf("record: look for secrets: %w", err)
		}
		if len(page) == 0 {
			return n, nil
		}
		for _, v := range page {
			changed, err := s.reseal(ctx, db, tenant, v)
			if err != nil {
				return n, err
			}
			if changed {
				n++
			}
		}
		kind, last = page[len(page)-1].kind, page[len(page)-1].version
	}
}

type kindVersion struct {
	kind string
	version
}

func scanKinds(rows *sql.Rows) ([]kindVersion, error) {
	var out []kindVersion
	for rows.Next() {
		var v kindVersion
		if err := rows.Scan(&v.kind, &v.ID, &v.From, &v.To, &v.Rev, &v.Path, &v.Body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, v)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// reseal stores a row with its secrets sealed, unless somebody changed it
// meanwhile, who sealed them then.
func (s Secrets) reseal(ctx context.Context, db *record.DB, tenant plant.TenantNo, v kindVersion) (bool, error) {
	body, err := s.body(tenant, v)
	if err != nil || body == v.Body {
		return false, err
	}
	return true, db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update master set body = ? where tenant = ? and kind = ? and id = ? and valid_from = ? and body = ?`,
			body, tenant, v.kind, v.ID, v.From, v.Body).Exec(ctx); err != nil {
			return fmt.Errorf("record: seal secrets of %s %s: %w", v.kind, v.Path, err)
		}
		return nil
	})
}

// body is a row's with its secrets sealed; the same when none lies in clear.
func (s Secrets) body(tenant plant.TenantNo, v kindVersion) (string, error) {
	switch v.kind {
	case kindNode:
		n, err := decode[plant.Node](v.version)
		if err != nil || n.Machine == nil {
			return v.Body, err
		}
		was := n
		if err := s.device(tenant, &n, []plant.Node{was}); err != nil || maps.Equal(n.Machine.Device.Params, was.Machine.Device.Params) {
			return v.Body, err
		}
		return bodyOf(v, n)
	case kindRule:
		r, err := decode[discovery.Rule](v.version)
		if err != nil {
			return v.Body, err
		}
		was := r
		if err := s.rule(tenant, &r, []discovery.Rule{was}); err != nil || maps.Equal(r.Params, was.Params) {
			return v.Body, err
		}
		return bodyOf(v, r)
	case kindTarget:
		t, err := decode[north.Target](v.version)
		if err != nil {
			return v.Body, err
		}
		was := t.Password
		if err := s.target(tenant, &t, nil); err != nil || t.Password == was {
			return v.Body, err
		}
		return bodyOf(v, t)
	}
	return v.Body, nil
}

func bodyOf(v kindVersion, one any) (string, error) {
	raw, err := json.Marshal(one)
	if err != nil {
		return "", fmt.Errorf("record: write %s %s: %w", v.kind, v.Path, err)
	}
	return string(raw), nil
}
