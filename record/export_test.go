package record

// Tables lists what a copy copies, with the key of each table.
func Tables() []string {
	var out []string
	for _, t := range tables {
		out = append(out, t.name+": "+t.key)
	}
	return out
}
