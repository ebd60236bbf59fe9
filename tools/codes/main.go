// Codes makes data/regions/divisions.csv and data/industries/gbt4754-2017.csv
// of published lists: the divisions of the whole country as of October 2018
// (National Bureau of Statistics: code,name), the changes written down in
// changes.csv beside this file, and the classification (level,section,code,name,…).
//
//	go run -C tools ./codes -divisions LIST.csv -industries LIST.csv -out ../data
package main

import (
	"encoding/csv"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	divisions := flag.String("divisions", "", "code,name of the whole country")
	industries := flag.String("industries", "", "level,section,code,name")
	changes := flag.String("changes", "codes/changes.csv", "what changed since")
	out := flag.String("out", "../data", "folder of the product's data")
	flag.Parse()
	must(regions(*divisions, *changes, filepath.Join(*out, "regions", "divisions.csv")))
	must(classes(*industries, filepath.Join(*out, "industries", "gbt4754-2017.csv")))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func read(name string) ([][]string, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(string(raw), "\r\n", "\n"))).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows[1:], nil
}

// placeholders stand in the list where a level is left out; they are no places.
var placeholders = []string{"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}

// statistical reports whether a code is one of the bureau's own: functional
// zones from 71 on, which GB/T 2260 does not have.
func statistical(code string) bool { return code[4:] >= "71" && code[4:] <= "79" }

func regions(list, changed, out string) error {
	rows, err := read(list)
	if err != nil {
		return err
	}
	changes, err := read(changed)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	all := map[string][]string{}
	for _, r := range rows {
		code, name := r[0], strings.TrimSpace(r[1])
		if slices.Contains(placeholders, name) || statistical(code) {
			continue
		}
		known[code] = true
		all[code] = []string{code, name, level(code), "", "", "", "", "", "2018-10 NBS"}
	}
	for _, c := range changes {
		known[c[0]] = true
		all[c[0]] = []string{c[0], c[1], level(c[0]), "", c[2], c[3], c[4], c[5], c[6]}
	}
	codes := make([]string, 0, len(all))
	for code := range all {
		codes = append(codes, code)
		switch city := code[:4] + "00"; {
		case strings.HasSuffix(code, "0000"):
		case city != code && known[city]:
			all[code][3] = city
		default:
			all[code][3] = code[:2] + "0000"
		}
	}
	slices.Sort(codes)
	table := [][]string{{"code", "name", "level", "parent", "from", "to", "successors", "predecessors", "source"}}
	for _, code := range codes {
		table = append(table, all[code])
	}
	return write(out, table)
}

func level(code string) string {
	switch {
	case strings.HasSuffix(code, "0000"):
		return "province"
	case strings.HasSuffix(code, "00"):
		return "city"
	}
	return "county"
}

func classes(list, out string) error {
	rows, err := read(list)
	if err != nil {
		return err
	}
	table := [][]string{{"code", "name"}}
	for _, r := range rows {
		code := r[2]
		if r[0] != "1" {
			code = r[1] + r[2]
		}
		table = append(table, []string{code, r[3]})
	}
	return write(out, table)
}

func write(name string, table [][]string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	if err := w.WriteAll(table); err != nil {
		return err
	}
	return f.Close()
}
