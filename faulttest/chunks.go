package faulttest

import (
	"github.com/cockroachdb/pebble/v2/vfs"
)

// chunks are history's files.
type chunks struct {
	vfs.FS
	d *Disk
}

// Files is the file system for history.
func (d *Disk) Files() vfs.FS { return chunks{d.mem, d} }

func (c chunks) Unwrap() vfs.FS { return c.FS }

func (c chunks) change(f func() error) error {
	end, err := c.d.whole(History)
	defer end()
	if err != nil {
		return err
	}
	return f()
}

func (c chunks) file(f func() (vfs.File, error)) (vfs.File, error) {
	end, err := c.d.whole(History)
	defer end()
	if err != nil {
		return nil, err
	}
	file, err := f()
	if err != nil {
		return nil, err
	}
	return chunkFile{file, c.d}, nil
}

func (c chunks) Create(name string, w vfs.DiskWriteCategory) (vfs.File, error) {
	return c.file(func() (vfs.File, error) { return c.FS.Create(name, w) })
}

func (c chunks) OpenReadWrite(name string, w vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return c.file(func() (vfs.File, error) { return c.FS.OpenReadWrite(name, w, o...) })
}

func (c chunks) ReuseForWrite(old, name string, w vfs.DiskWriteCategory) (vfs.File, error) {
	return c.file(func() (vfs.File, error) { return c.FS.ReuseForWrite(old, name, w) })
}

func (c chunks) OpenDir(name string) (vfs.File, error) {
	f, err := c.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return chunkFile{f, c.d}, nil
}

func (c chunks) Link(old, name string) error {
	return c.change(func() error { return c.FS.Link(old, name) })
}

func (c chunks) Rename(old, name string) error {
	return c.change(func() error { return c.FS.Rename(old, name) })
}

func (c chunks) Remove(name string) error {
	return c.change(func() error { return c.FS.Remove(name) })
}

// chunkFile is a file that is written, or a folder that is synced.
type chunkFile struct {
	vfs.File
	d *Disk
}

func (f chunkFile) write(p []byte, do func([]byte) (int, error)) (int, error) {
	end, err := f.d.begin(History)
	defer end()
	switch err {
	case nil:
		return do(p)
	case errHalf:
		n, _ := do(p[:len(p)/2])
		return n, errIO
	}
	return 0, err
}

func (f chunkFile) Write(p []byte) (int, error) { return f.write(p, f.File.Write) }

func (f chunkFile) WriteAt(p []byte, at int64) (int, error) {
	return f.write(p, func(p []byte) (int, error) { return f.File.WriteAt(p, at) })
}

func (f chunkFile) sync(do func() error) error {
	end, err := f.d.whole(History)
	defer end()
	if err != nil || f.d.Lies[History] {
		return err
	}
	return do()
}

func (f chunkFile) Sync() error { return f.sync(f.File.Sync) }

func (f chunkFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f chunkFile) SyncTo(length int64) (whole bool, err error) {
	err = f.sync(func() error {
		whole, err = f.File.SyncTo(length)
		return err
	})
	return whole, err
}
