package shop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/equipment"
)

// maxTags bounds the tags of one tenant on one node: 2,000 machines of 150
// tags, ten times the largest plant planned for.
const maxTags = 300_000

// Tags numbers tags; it implements equipment.Tags.
type Tags struct{ db *record.DB }

var _ equipment.Tags = Tags{}

// NewTags keeps tags in the record.
func NewTags(db *record.DB) Tags { return Tags{db} }

// querier is what a reader and a transaction have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

type tagKey struct {
	node plant.NodeID
	name string
}

// EnsureTags stores the tags and returns them with their numbers, in the same
// order. Tags that are there unchanged cost no write.
func (t Tags) EnsureTags(ctx context.Context, tenant plant.TenantNo, tags []plant.Tag) ([]plant.Tag, error) {
	if tenant == 0 || len(tags) > maxTags {
		return nil, invalid("tenant %d, %d tags; tenants begin at 1 and %d tags are allowed", tenant, len(tags), maxTags)
	}
	for _, tag := range tags {
		if tag.Node == "" || tag.Name == "" || tag.Path != "" && !strings.HasSuffix(tag.Path, "/"+tag.Name) {
			return nil, invalid("tag %q of node %q with path %q: node and name are needed, and the path ends with the name", tag.Name, tag.Node, tag.Path)
		}
	}
	out, missing, err := t.match(ctx, t.db.Reader(), tenant, tags)
	if err != nil || len(missing) == 0 {
		return out, err
	}
	err = t.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Again, now that nobody else writes.
		if out, missing, err = t.match(ctx, tx, tenant, tags); err != nil {
			return err
		}
		return t.save(ctx, tx, tenant, out, missing)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// match gives stored numbers to the tags and lists those that are new or
// changed.
func (t Tags) match(ctx context.Context, db querier, tenant plant.TenantNo, tags []plant.Tag) ([]plant.Tag, []int, error) {
	stored, err := t.ofNodes(ctx, db, tenant, tags)
	if err != nil {
		return nil, nil, err
	}
	out := make([]plant.Tag, len(tags))
	var changed []int
	for i, tag := range tags {
		old, ok := stored[tagKey{tag.Node, tag.Name}]
		tag.No = 0
		if ok {
			tag.No = old.no
			if tag.Path == "" {
				tag.Path = old.path
			}
		}
		if body, err := tagBody(tag); err != nil {
			return nil, nil, err
		} else if !ok || body != old.body || tag.Path != old.path {
			changed = append(changed, i)
		}
		out[i] = tag
	}
	return out, changed, nil
}

type storedTag struct {
	no         plant.TagNo
	path, body string
}

func (t Tags) ofNodes(ctx context.Context, db querier, tenant plant.TenantNo, tags []plant.Tag) (map[tagKey]storedTag, error) {
	seen := map[plant.NodeID]bool{}
	var nodes []string
	for _, tag := range tags {
		if !seen[tag.Node] {
			seen[tag.Node] = true
			nodes = append(nodes, string(tag.Node))
		}
	}
	out := map[tagKey]storedTag{}
	const nodesPerQuestion = 500 // keeps the statement short
	for len(nodes) > 0 {
		n := min(len(nodes), nodesPerQuestion)
		q := `select no, node, name, path, body from tag where tenant = ? and node in (?) limit ?`
		rows, err := db.QueryContext(ctx, q, tenant, bun.List(nodes[:n]), maxTags)
		if err != nil {
			return nil, fmt.Errorf("record: read tags: %w", err)
		}
		for rows.Next() {
			var s storedTag
			var k tagKey
			if err := rows.Scan(&s.no, &k.node, &k.name, &s.path, &s.body); err != nil {
				return nil, errors.Join(err, rows.Close())
			}
			out[k] = s
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, fmt.Errorf("record: read tags: %w", err)
		}
		nodes = nodes[n:]
	}
	return out, nil
}

// save numbers new tags: the counter only rises, so that a number is never
// given twice.
func (t Tags) save(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, tags []plant.Tag, changed []int) error {
	given := map[tagKey]plant.TagNo{}
	for _, i := range changed {
		tag := &tags[i]
		key := tagKey{tag.Node, tag.Name}
		if tag.No == 0 {
			tag.No = given[key]
		}
		if tag.No == 0 {
			if err := tx.NewRaw(`insert into tag_head (tenant, no) values (?, 1)
				on conflict (tenant) do update set no = tag_head.no + 1 returning no`, tenant).Scan(ctx, &tag.No); err != nil {
				return fmt.Errorf("record: number tag %s: %w", tag.Path, err)
			}
		}
		given[key] = tag.No
		body, err := tagBody(*tag)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw(`insert into tag (tenant, no, node, name, path, body) values (?, ?, ?, ?, ?, ?)
			on conflict (tenant, no) do update set path = excluded.path, body = excluded.body`,
			tenant, tag.No, string(tag.Node), tag.Name, tag.Path, body).Exec(ctx); err != nil {
			return fmt.Errorf("record: save tag %s: %w", tag.Path, err)
		}
	}
	return tagsChanged(ctx, tx, tenant)
}

func tagsChanged(ctx context.Context, tx bun.Tx, tenant plant.TenantNo) error {
	if _, err := tx.NewRaw(`update tag_head set revision = revision + 1 where tenant = ?`, tenant).Exec(ctx); err != nil {
		return fmt.Errorf("record: revision of tags: %w", err)
	}
	return nil
}

// TagsRevision grows with every change of the tenant's tags; 0 where there are
// none.
func (t Tags) TagsRevision(ctx context.Context, tenant plant.TenantNo) (rev int64, err error) {
	err = t.db.Reader().NewRaw(`select coalesce(max(revision), 0) from tag_head where tenant = ?`, tenant).Scan(ctx, &rev)
	if err != nil {
		return 0, fmt.Errorf("record: revision of tags: %w", err)
	}
	return rev, nil
}

// tagBody is what the columns do not hold.
func tagBody(t plant.Tag) (string, error) {
	t.No, t.Node, t.Name, t.Path = 0, "", "", ""
	body, err := json.Marshal(t)
	if err != nil {
		return "", invalid("tag: %w", err) // an infinite limit
	}
	return string(body), nil
}

const tagColumns = `t.no, t.node, t.name, t.path, t.body`

// scanTags reads tags. Machines of a kind say the same of theirs: it is read
// once, and kept in memory once.
func scanTags(rows *sql.Rows) ([]plant.Tag, error) {
	var out []plant.Tag
	bodies, names := map[string]plant.Tag{}, map[string]string{}
	once := func(text string) string {
		if known, ok := names[text]; ok {
			return known
		}
		names[text] = text
		return text
	}
	for rows.Next() {
		var no plant.TagNo
		var node, name, path, body string
		if err := rows.Scan(&no, &node, &name, &path, &body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		t, known := bodies[body]
		if !known {
			if err := json.Unmarshal([]byte(body), &t); err != nil {
				return nil, errors.Join(fmt.Errorf("tag %d cannot be read: %w", no, err), rows.Close())
			}
			bodies[body] = t
		}
		t.No, t.Node, t.Name, t.Path = no, plant.NodeID(once(node)), once(name), path
		out = append(out, t)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Tags lists the tags within the scope, by number.
func (t Tags) Tags(ctx context.Context, scope access.Scope) ([]plant.Tag, error) {
	rows, err := t.db.Reader().QueryContext(ctx, `select `+tagColumns+` from tag t where ? order by t.no limit ?`,
		record.InScope("t", scope), maxTags)
	if err != nil {
		return nil, fmt.Errorf("record: read tags: %w", err)
	}
	out, err := scanTags(rows)
	if err != nil {
		return nil, fmt.Errorf("record: read tags: %w", err)
	}
	return out, nil
}

// TagByNo is the tag of that number, or access.ErrNotFound.
func (t Tags) TagByNo(ctx context.Context, scope access.Scope, no plant.TagNo) (plant.Tag, error) {
	rows, err := t.db.Reader().QueryContext(ctx, `select `+tagColumns+` from tag t where t.tenant = ? and t.no = ? and ? limit 1`,
		scope.Tenant, no, record.InScope("t", scope))
	if err != nil {
		return plant.Tag{}, fmt.Errorf("record: read tag %d: %w", no, err)
	}
	out, err := scanTags(rows)
	if err != nil {
		return plant.Tag{}, fmt.Errorf("record: read tag %d: %w", no, err)
	}
	if len(out) == 0 {
		return plant.Tag{}, fmt.Errorf("tag %d: %w", no, access.ErrNotFound)
	}
	return out[0], nil
}
