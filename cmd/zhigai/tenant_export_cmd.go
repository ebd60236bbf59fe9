package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"zhigai/plant"
	"zhigai/sector/tenant"
)

type tenantExportCmd struct {
	onFolder `embed:""`
	ID       string `arg:"" help:"Id of the firm."`
	Out      string `required:"" help:"Zip to write." type:"path" placeholder:"FILE"`
}

// firmQuestion names the firm of an export.
type firmQuestion struct {
	ID string `json:"id"`
}

// exportAnswer is how it stands.
type exportAnswer struct {
	No     plant.TenantNo `json:"no"`
	Export tenant.Export  `json:"export"`
}

type exportDone struct {
	Bytes int64 `json:"bytes"`
}

// askAgain is how often the command asks how far the node is.
const askAgain = time.Second

// Run has the node make the file, says how far it is, and takes it over.
func (c tenantExportCmd) Run(ctx context.Context) error {
	if _, err := os.Stat(c.Out); err == nil {
		return fmt.Errorf("%s is there already; choose another name", c.Out)
	}
	now, err := askNode[exportAnswer](ctx, c.Data, "/tenants/export/start", firmQuestion{c.ID})
	if err != nil {
		return err
	}
	ticker := time.NewTicker(askAgain)
	defer ticker.Stop()
	for now.Export.State == tenant.ExportWaiting || now.Export.State == tenant.ExportRunning {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		if now, err = askNode[exportAnswer](ctx, c.Data, "/tenants/export/state", firmQuestion{c.ID}); err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, exportLine(now.Export))
	}
	if now.Export.State != tenant.ExportReady {
		return fmt.Errorf("export of %s: %s %s", c.ID, now.Export.State, now.Export.Error)
	}
	done, err := takeOver(tenant.ExportFile(exportsOf(c.Data), now.No), c.Out)
	if err != nil || c.JSON {
		return errors.Join(err, json.NewEncoder(os.Stdout).Encode(done))
	}
	fmt.Printf("%s: %d bytes\n", c.Out, done.Bytes)
	return nil
}

func exportLine(e tenant.Export) string {
	line := fmt.Sprintf("%s %s %d MB", e.State, e.Progress.Step, e.Bytes>>20)
	if e.Progress.Of > 0 {
		line += fmt.Sprintf(", %d of %d", e.Progress.Done, e.Progress.Of)
	}
	return line
}

// takeOver copies a file, which has its name when it is whole.
func takeOver(from, to string) (out exportDone, err error) {
	in, err := os.Open(from)
	if err != nil {
		return out, err
	}
	defer in.Close()
	part := to + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return out, err
	}
	out.Bytes, err = io.Copy(f, in)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		return out, os.Rename(part, to)
	}
	return out, errors.Join(err, os.Remove(part))
}

func (n *node) startExport(ctx context.Context, q firmQuestion) (exportAnswer, error) {
	t, err := n.sector.Get(ctx, q.ID)
	if err != nil {
		return exportAnswer{}, err
	}
	if t.State == tenant.Deleted {
		return exportAnswer{}, fmt.Errorf("%w: nothing of %s is left", tenant.ErrState, t.ID)
	}
	// The command takes the file over from the folder when it is ready.
	if err := n.access.Record(ctx, operator(), "export.read", "tenant/"+t.ID, nil, nil); err != nil {
		return exportAnswer{}, err
	}
	now, _, err := n.exports.Start(t.No, t.ID)
	return exportAnswer{t.No, now}, err
}

func (n *node) exportState(ctx context.Context, q firmQuestion) (exportAnswer, error) {
	t, err := n.sector.Get(ctx, q.ID)
	return exportAnswer{t.No, n.exports.Get(t.No)}, err
}
