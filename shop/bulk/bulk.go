// Package bulk makes many machines of one sheet, a row each: it reads the sheet,
// says row by row what would happen, and does all of it in one transaction or
// nothing. What it did can be taken back as long as nobody edited it since.
//
// It never opens a device and never stores a sheet: who asks keeps it and sends
// it again. Start with [Read] and [Desk].
package bulk

import (
	"context"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/plant"
)

// Limits of one sheet.
const (
	// MaxRows is a plant of the largest kind; what is more is divided by site.
	MaxRows = 20_000
	// MaxBytes of a file: 20,000 rows are some 2 MB, packed or not.
	MaxBytes = 8 << 20
	// maxColumns leaves room for every parameter of every driver.
	maxColumns = 200
	// maxCell is far more than an address and its parameters need.
	maxCell = 2000
)

// Revised is a node with the revision that an edit of it starts from, 0 for a
// new one.
type Revised struct {
	Node plant.Node
	Rev  int64
}

// Plants is what bulk asks of the plant model.
type Plants interface {
	Model(ctx context.Context, scope access.Scope, at plant.Micros) (plant.Model, error)
	Revision(ctx context.Context, scope access.Scope, id plant.NodeID) (int64, error)
	// Generation grows with every change of a tenant's nodes.
	Generation(ctx context.Context, scope access.Scope) (int64, error)
	// SaveAll saves nodes and ends others in one transaction, all or none.
	// Another generation than the one seen, or a revision that is not the
	// newest, is access.ErrConflict.
	SaveAll(ctx context.Context, scope access.Scope, seen int64, save, retire []Revised, from plant.Micros) error
}

// Desk plans and applies sheets. Its methods may be called concurrently.
type Desk struct {
	Plants   Plants
	Profiles *profile.Library
	Drivers  []connect.Driver
	Past     Past // for Imports alone
}

// Sheet is a table of machines as somebody wrote it.
type Sheet struct {
	File   string   `json:"file" maxLength:"255" doc:"Name of the file, for the audit"`
	Name   string   `json:"name,omitempty" maxLength:"255" doc:"Of the sheet in a workbook"`
	Header []string `json:"header" maxItems:"200" nullable:"false" doc:"Names of the columns, in Chinese or English"`
	Rows   []Row    `json:"rows" maxItems:"20000" nullable:"false"`
}

// Row is a line of a sheet; Line is its number there.
type Row struct {
	Line  int      `json:"line"`
	Cells []string `json:"cells" maxItems:"200" nullable:"false"`
}

// Status says what becomes of a row.
type Status string

// What can become of a row.
const (
	New       Status = "new"
	Changed   Status = "changed"
	Unchanged Status = "unchanged"
	Doubled   Status = "doubled" // the path, the device or the serial number stands elsewhere too
	Wrong     Status = "error"
)

// Problem is a cell that cannot be taken over. Column is the canonical name,
// Index its place in the sheet, −1 where the sheet has no such column.
type Problem struct {
	Column string            `json:"column"`
	Index  int               `json:"index"`
	Value  string            `json:"value"`
	Code   Code              `json:"code" enum:"cell_long,no_path,no_place,paths_differ,path_form,outside_scope,no_machine,below_machine,place_missing,root_unknown,enterprise_missing,too_deep,name_missing,profile_missing,profile_unknown,profile_like,class_unknown,driver_unknown,driver_other,driver_says,address_missing,truth_unknown,param_form,param_twice,params_differ,same_path_row,same_device_row,same_device_machine,same_device_hidden,same_serial_row,same_serial_machine,same_serial_hidden"`
	Args   map[string]string `json:"args" doc:"What the text of the code has in braces"`
	What   string            `json:"what" doc:"In English"`
	Fix    string            `json:"fix" doc:"In English"`
}

// Change is a property of a machine that a row changes.
type Change struct {
	Column string `json:"column"`
	Was    string `json:"was"`
	Is     string `json:"is"`
}

// Planned is a row and what becomes of it.
type Planned struct {
	Line     int              `json:"line"`
	Status   Status           `json:"status" enum:"new,changed,unchanged,doubled,error"`
	Path     string           `json:"path"`
	Machine  *plant.Equipment `json:"equipment,omitempty" doc:"As it would be; missing in rows with errors"`
	Changes  []Change         `json:"changes" nullable:"false"`
	Problems []Problem        `json:"problems" nullable:"false"`

	node plant.Node
	id   plant.NodeID // of the machine that is there
}

// Place is an area, line or cell that is not there yet.
type Place struct {
	Path  string      `json:"path"`
	Level plant.Level `json:"level"`
	Name  string      `json:"name"`
}

// Plan is what a sheet would do to the plant.
type Plan struct {
	Revision string         `json:"revision" doc:"Of the plant that was looked at; apply-sheet wants it"`
	Columns  []string       `json:"columns" nullable:"false" doc:"Canonical names of the sheet's columns"`
	Rows     []Planned      `json:"rows" nullable:"false"`
	Counts   map[Status]int `json:"counts"`
	Places   []Place        `json:"places" nullable:"false" doc:"Missing ones the rows stand below"`

	generation int64 // taken before the plant was read, so never newer than it
}
