package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"zhigai/record"
)

type recordCmd struct {
	Copy recordCopyCmd `cmd:"" help:"Copy a whole record into an empty one and compare; the source is not changed."`
}

type recordCopyCmd struct {
	From string `required:"" placeholder:"DIR|URL" help:"Folder with record.db, such as ./data/record, or postgres://USER@HOST/DATABASE. No node may have the folder open."`
	To   string `required:"" placeholder:"URL|DIR" help:"Empty database, or a folder without a record."`
}

// Run copies, and says as it goes how far it is.
func (c recordCopyCmd) Run(ctx context.Context) (err error) {
	if err := holdsRecord(c.From); err != nil {
		return err
	}
	from, err := record.Open(ctx, c.From, record.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := record.Open(ctx, c.To, record.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	start := time.Now()
	done, err := record.Copy(ctx, from, to, printProgress)
	if err != nil {
		return err
	}
	fmt.Printf("%d rows of %d tables copied in %s and read back the same; %d entries of the audit, chain unbroken\n",
		done.Rows, done.Tables, time.Since(start).Round(time.Millisecond), done.Audit)
	return nil
}

func printProgress(p record.Progress) {
	switch {
	case p.Done && p.Check:
		fmt.Printf("%-16s %9d rows, compared\n", p.Table, p.Rows)
	case p.Check:
		fmt.Printf("%-16s %9d rows compared …\n", p.Table, p.Rows)
	case !p.Done:
		fmt.Printf("%-16s %9d rows …\n", p.Table, p.Rows)
	}
}

// holdsRecord keeps a folder that was mistyped from becoming an empty record.
func holdsRecord(from string) error {
	if record.IsAddress(from) {
		return nil
	}
	if fileExists(filepath.Join(from, record.FileName)) {
		return nil
	}
	hint := ""
	if inner := filepath.Join(from, "record"); fileExists(filepath.Join(inner, record.FileName)) {
		hint = "; " + inner + " does"
	}
	return fmt.Errorf("%s holds no %s%s", from, record.FileName, hint)
}

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
