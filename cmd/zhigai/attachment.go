package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"zhigai/access"
	"zhigai/attachment"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/production"
)

// filesFolder is where the files that people add lie, in the node's folder.
const filesFolder = "files"

func (s *stores) attachments() attachment.Folder {
	return attachment.NewFolder(filepath.Join(s.dir, filesFolder))
}

// newAttachments makes the desk of files that people add.
func (n *node) newAttachments() *attachment.Desk {
	return attachment.NewDesk(attachment.Options{Store: recshop.NewAttachments(n.record), Folder: n.attachments(), Now: time.Now})
}

// keptFiles tells production whether a document of a work instruction is kept, as it
// was.
type keptFiles struct {
	store  attachment.Store
	folder attachment.Folder
}

var _ production.Files = keptFiles{}

func (f keptFiles) Kept(ctx context.Context, tenant plant.TenantNo, sha256 string) (int64, error) {
	known, err := f.store.File(ctx, tenant, sha256)
	if err != nil {
		return 0, err
	}
	if _, err := f.folder.Get(tenant, sha256); errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%w: file %s", access.ErrNotFound, sha256)
	} else if err != nil {
		return 0, err
	}
	return known.Bytes, nil
}

// exportAttachments writes the files of a tenant by their SHA-256.
func (n *node) exportAttachments(no plant.TenantNo, e *exporter) error {
	return n.attachments().Each(no, func(sum string, raw []byte) error {
		w, err := e.next("attachments/" + sum)
		if err != nil {
			return err
		}
		_, err = w.Write(raw)
		return err
	})
}
