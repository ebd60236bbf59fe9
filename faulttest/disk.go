package faulttest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Layer says whose files a write is to.
type Layer int

// The two journals of a node.
const (
	History Layer = iota
	Record
)

func (l Layer) String() string { return [...]string{"history", "record"}[l] }

// Kind is what goes wrong.
type Kind int

// What can go wrong at a write. Creating, renaming and removing a file and
// fsync are writes, too.
const (
	None      Kind = iota
	Fails          // it fails with EIO, the next ones succeed; what an fsync that fails should have kept is gone
	Dies           // it and all that follow fail with EIO
	Full           // it and all that follow fail with ENOSPC
	Short          // half of it is written, then EIO
	PowerLoss      // the power goes: what was not synced may be there, in parts, or not
)

func (k Kind) String() string {
	return [...]string{"nothing", "EIO once", "EIO from then on", "ENOSPC from then on", "short write", "power loss"}[k]
}

// Fault is one thing that goes wrong, at the write number At of a layer,
// counted from 1.
type Fault struct {
	Kind Kind
	On   Layer
	At   int64
}

func (f Fault) String() string {
	return fmt.Sprintf("%s at write %d of %s", f.Kind, f.At, f.On)
}

// Disk is where a plant's stores keep their files.
type Disk struct {
	// Lies lets every fsync of a layer succeed without keeping anything, as a
	// disk does that acknowledges from its cache; or a program that does not ask.
	Lies [2]bool
	// Blind lets every page of the record pass its checksum when it is read, as a
	// program does that does not compare it.
	Blind bool
	// Lost is called when the power goes, while no write is under way.
	Lost func()

	fault Fault
	r     *rand.Rand // used under gate
	gate  sync.RWMutex
	seen  [2]atomic.Int64
	fired atomic.Bool
	mem   *vfs.MemFS
	rows  *rows
	after *Disk
}

// NewDisk makes an empty disk with a folder for the record; what is lost in a
// loss of power follows from seed.
func NewDisk(folder string, seed uint64, f Fault) *Disk {
	return newDisk(vfs.NewCrashableMem(), folder, seed, f)
}

func newDisk(mem *vfs.MemFS, folder string, seed uint64, f Fault) *Disk {
	d := &Disk{fault: f, r: rand.New(rand.NewPCG(seed, 7)), mem: mem}
	d.rows = newRows(d, folder)
	return d
}

// Copy is a disk with the same files, on which something else goes wrong. No
// store may be open on d.
func (d *Disk) Copy(folder string, seed uint64, f Fault) (*Disk, error) {
	if err := d.rows.copyTo(folder); err != nil {
		return nil, err
	}
	d.gate.Lock()
	defer d.gate.Unlock()
	return newDisk(d.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: d.r}), folder, seed, f), nil
}

// Fired reports whether the fault has happened.
func (d *Disk) Fired() bool { return d.fired.Load() }

// After is the disk as the loss of power left it; nil while there is power.
func (d *Disk) After() *Disk {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.after
}

// Cut takes the power away now.
func (d *Disk) Cut() error {
	d.gate.Lock()
	defer d.gate.Unlock()
	return d.cut()
}

func (d *Disk) cut() error {
	if d.after != nil {
		return nil
	}
	if d.Lost != nil {
		d.Lost()
	}
	folder, err := d.rows.crash(d.r)
	if err != nil {
		return fmt.Errorf("image after the loss of power: %w", err)
	}
	percent := [...]int{0, 100, d.r.IntN(101)}[d.r.IntN(3)]
	d.after = newDisk(d.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: d.r}), folder, 0, Fault{})
	return nil
}

var (
	errIO   = syscall.EIO
	errFull = syscall.ENOSPC
	// errHalf tells a write to do half of itself first.
	errHalf = errors.New("half")
)

// begin decides about a write; end must be called after it. A write with an
// error is not done, or half of it where the error is errHalf.
func (d *Disk) begin(on Layer) (end func(), err error) {
	n := d.seen[on].Add(1)
	if f := d.fault; f.Kind != None && f.On == on {
		if n == f.At {
			d.fired.Store(true)
		}
		switch {
		case n == f.At && f.Kind == PowerLoss:
			if err := d.Cut(); err != nil {
				return func() {}, err
			}
		case n == f.At && f.Kind == Fails, n >= f.At && f.Kind == Dies:
			err = errIO
		case n >= f.At && f.Kind == Full:
			err = errFull
		case n == f.At && f.Kind == Short:
			err = errHalf
		}
	}
	d.gate.RLock()
	return d.gate.RUnlock, err
}

// whole is begin for what cannot be done by half.
func (d *Disk) whole(on Layer) (end func(), err error) {
	end, err = d.begin(on)
	if err == errHalf {
		err = errIO
	}
	return end, err
}
