package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"github.com/goccy/go-yaml"

	"zhigai/connect/profile"
	"zhigai/figure"
	"zhigai/sector/tenant"
)

type libraryCmd struct {
	Add  libraryAddCmd  `cmd:"" help:"Make profiles and definitions of figures known to the node, as a template of a firm does."`
	List libraryListCmd `cmd:"" help:"List what the node knows beside the product's own."`
}

type libraryAddCmd struct {
	onFolder `embed:""`
	Files    []string `arg:"" name:"file" help:"Profiles and definitions as YAML; all are checked before the first is kept." type:"existingfile"`
}

// libraryText is a file as it lies on the disk.
type libraryText struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// libraryFile is one that the node keeps.
type libraryFile struct {
	Kind     tenant.FileKind `json:"kind"`
	ID       string          `json:"id"`
	Version  int             `json:"version"`
	Template string          `json:"template,omitempty"`
	By       string          `json:"by"`
	Recorded time.Time       `json:"recorded"`
}

// Run prints a line for each.
func (c libraryAddCmd) Run(ctx context.Context) error {
	var q []libraryText
	for _, name := range c.Files {
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		q = append(q, libraryText{name, string(raw)})
	}
	all, err := askNode[[]libraryFile](ctx, c.Data, "/library/add", q)
	if err != nil || c.JSON {
		return errors.Join(err, json.NewEncoder(os.Stdout).Encode(all))
	}
	for _, f := range all {
		fmt.Printf("%s %s version %d is known\n", f.Kind, f.ID, f.Version)
	}
	return nil
}

type libraryListCmd struct {
	onFolder `embed:""`
}

// Run prints a table.
func (c libraryListCmd) Run(ctx context.Context) error {
	all, err := askNode[[]libraryFile](ctx, c.Data, "/library/list", struct{}{})
	if err != nil || c.JSON {
		return errors.Join(err, json.NewEncoder(os.Stdout).Encode(all))
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tID\tVERSION\tTEMPLATE\tSINCE\tBY")
	for _, f := range all {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", f.Kind, f.ID, f.Version, f.Template, f.Recorded.Local().Format(time.DateTime), f.By)
	}
	return w.Flush()
}

// libraryCommands answers commands of this file.
func (n *node) libraryCommands(mux *http.ServeMux) {
	mux.HandleFunc("POST /library/add", answer(n.addToLibrary))
	mux.HandleFunc("POST /library/list", answer(func(ctx context.Context, _ struct{}) ([]libraryFile, error) {
		files, err := n.shelf.Files(ctx)
		return filesTold(files), err
	}))
}

func (n *node) addToLibrary(ctx context.Context, q []libraryText) ([]libraryFile, error) {
	var files []tenant.File
	for _, one := range q {
		kind, err := fileKindOf(one)
		if err != nil {
			return nil, err
		}
		files = append(files, tenant.NewFile(kind, one.Name, one.Text))
	}
	files, err := n.sector.AddFiles(ctx, operator(), files)
	return filesTold(files), err
}

// fileKindOf is what a file says that it is.
func fileKindOf(one libraryText) (tenant.FileKind, error) {
	var is struct {
		Schema string `yaml:"schema"`
	}
	if err := yaml.Unmarshal([]byte(one.Text), &is); err != nil {
		return "", fmt.Errorf("%s: %w", one.Name, err)
	}
	switch is.Schema {
	case profile.Schema:
		return tenant.ProfileFile, nil
	case figure.Schema:
		return tenant.DefinitionFile, nil
	}
	return "", fmt.Errorf("%s: schema %.40q; write %s for a kind of machine, %s for a figure", one.Name, is.Schema, profile.Schema, figure.Schema)
}

func filesTold(files []tenant.File) []libraryFile {
	out := []libraryFile{}
	for _, f := range files {
		out = append(out, libraryFile{f.Kind, f.ID, f.Version, f.Template, f.By, f.Recorded})
	}
	return out
}
