package main

import (
	"context"
	"errors"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record/shop"
)

// secrets says which parameters of devices are stored sealed: those called as
// secrets are, and those that the profile says are.
func (r *rules) secrets(vault *access.Vault) shop.Secrets {
	return shop.Secrets{Vault: vault, Is: func(profile, param string) bool {
		if plant.SecretParam(param) {
			return true
		}
		p, ok := r.profiles.Get(profile)
		if !ok {
			return false
		}
		for i := range p.Params {
			if p.Params[i].Name == param {
				return p.Params[i].Secret
			}
		}
		return false
	}}
}

// sealStored seals what an older program stored in clear, and a command that
// wrote into the folder without the key.
func (n *node) sealStored(ctx context.Context) error {
	all, err := n.stores.allTenants(ctx)
	if err != nil {
		return err
	}
	return n.record.Erasing(ctx, func() error {
		sealed := 0
		for _, t := range all {
			one, err := shop.SealStored(ctx, n.record, t, n.secrets)
			if err != nil {
				return err
			}
			sealed += one
		}
		models, err := n.nodes.StripSecrets(ctx)
		if sealed+models > 0 {
			n.log.Info("secrets of devices and brokers are sealed from now on", "n", sealed+models)
		}
		return err
	})
}

// errNotFor is a sealed secret that somebody would try at another device.
var errNotFor = errors.New("it is sealed for a machine that has another address; write it in clear to try it here")

// opened is a device that a person tries, with the secrets in clear that are
// stored for a machine of the person's at that very address.
func (n *node) opened(ctx context.Context, scope access.Scope, d plant.Device) (plant.Device, error) {
	sealed := ""
	for name, value := range d.Params {
		if access.IsSealed(value) {
			sealed = name
		}
	}
	if sealed == "" {
		return d, nil
	}
	m, err := n.present(ctx, scope.Tenant)
	if err != nil {
		return d, err
	}
	for _, one := range m.Nodes {
		if one.Machine == nil || !scope.Allows(one.Path) || one.Machine.Device.Driver != d.Driver || one.Machine.Device.Address != d.Address || one.Machine.Device.Params[sealed] != d.Params[sealed] {
			continue
		}
		known := *one.Machine
		known.Device.Params = d.Params
		one.Machine = &known
		open, err := n.plants.Opened(scope.Tenant, one)
		if err != nil {
			return d, fmt.Errorf("%w: %w", access.ErrInvalid, err)
		}
		d.Params = open.Machine.Device.Params
		return d, nil
	}
	return d, fmt.Errorf("%w: parameter %s: %w", access.ErrInvalid, sealed, errNotFor)
}
