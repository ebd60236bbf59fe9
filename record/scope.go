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
	return schema.SafeQuery(`(`+table+`.tenant = ? and (`+table+`.path = ? or `+table+`.path like ? escape '!'))`,
		[]any{s.Tenant, s.Path, Below(s.Path)})
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
