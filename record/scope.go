package record

import (
	"strings"

	"github.com/uptrace/bun/schema"

	"zhigai/access"
	"zhigai/plant"
)

// InScope is the one place where a scope becomes SQL: a condition on the
// tenant and path columns of the table or alias, to be passed for a ? in a
// WHERE clause.
//
// SQLite's LIKE does not tell capitals from small letters; paths are small
// letters only (plant.CheckPath), so both databases answer alike.
func InScope(table string, s access.Scope) schema.QueryWithArgs {
	if s.Path == "" {
		return schema.SafeQuery(table+`.tenant = ?`, []any{s.Tenant})
	}
	var or []string
	args := []any{s.Tenant}
	for _, path := range s.Places() {
		or, args = append(or, table+`.path = ? or `+table+`.path like ? escape '!'`), append(args, path, Below(path))
	}
	return schema.SafeQuery(`(`+table+`.tenant = ? and (`+strings.Join(or, ` or `)+`))`, args)
}

// Below is the LIKE pattern, escaped with "!", of everything under path.
func Below(path string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(path) + "/%"
}

// Ancestors lists the paths that enclose path, outermost first.
func Ancestors(path string) []string {
	var out []string
	for p := plant.ParentPath(path); p != ""; p = plant.ParentPath(p) {
		out = append([]string{p}, out...)
	}
	return out
}

// InAreas is the one place where areas become SQL: a condition on the columns
// that hold a firm's division code, class with its section and id. An empty
// column name is one that the table does not have: areas that bind it hold
// nothing of the table.
func InAreas(region, sector, firm string, areas []access.Area) schema.QueryWithArgs {
	var or []string
	var args []any
	for _, a := range areas {
		and, values, ok := inArea(region, sector, firm, a)
		if ok && len(and) == 0 {
			return schema.SafeQuery(`1 = 1`, nil)
		}
		if ok {
			or, args = append(or, `(`+strings.Join(and, ` and `)+`)`), append(args, values...)
		}
	}
	if len(or) == 0 {
		return schema.SafeQuery(`1 = 0`, nil)
	}
	return schema.SafeQuery(`(`+strings.Join(or, ` or `)+`)`, args)
}

func inArea(region, sector, firm string, a access.Area) (and []string, args []any, ok bool) {
	for _, c := range []struct {
		column, value string
		prefix        bool
	}{{region, a.Region, true}, {sector, a.Sector, true}, {firm, a.Enterprise, false}} {
		switch {
		case c.value == "":
		case c.column == "":
			return nil, nil, false
		case c.prefix:
			// A range, so that an index serves it. Codes are digits and capitals:
			// under every collation a small z comes behind them.
			and, args = append(and, c.column+` >= ? and `+c.column+` < ?`), append(args, c.value, c.value+"z")
		default:
			and, args = append(and, c.column+` = ?`), append(args, c.value)
		}
	}
	return and, args, true
}
