package nodes

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/link"
	"zhigai/plant"
	"zhigai/record"
)

// Region is a division for which a node speaks. A row whose division is empty was
// one: the node is told that it speaks for none any more.
type Region struct {
	Node   link.NodeID // below; "" is this node itself
	Region string      // code of GB/T 2260
	Name   string      // of the node at the other end
}

// Regions lists the divisions of nodes, this one's own first.
func (s Nodes) Regions(ctx context.Context, tenant plant.TenantNo) ([]Region, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select node, region, name from node_region where tenant = ? order by node limit ?`, tenant, maxNodes)
	if err != nil {
		return nil, fmt.Errorf("record: read divisions of nodes: %w", err)
	}
	var out []Region
	for rows.Next() {
		var r Region
		if err := rows.Scan(&r.Node, &r.Region, &r.Name); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, r)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// SaveRegion stores the division of a node over the one before.
func (s Nodes) SaveRegion(ctx context.Context, tenant plant.TenantNo, r Region) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into node_region (tenant, node, region, name, recorded, who) values (?, ?, ?, ?, ?, ?)
			on conflict (tenant, node) do update set region = excluded.region, name = excluded.name, recorded = excluded.recorded, who = excluded.who`,
			tenant, string(r.Node), r.Region, r.Name, int64(s.db.Now()), record.Who(ctx)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save division of node %s: %w", r.Node, err)
		}
		return nil
	})
}
