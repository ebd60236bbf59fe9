package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"zhigai/backup"
)

// identity says which node a data folder is of. It is made with the folder and
// goes on with it: a restored node is the same node. By it a snapshot of
// another plant is told apart.
type identity struct {
	ID   string    `json:"id"`
	Host string    `json:"host"` // where the folder was made
	Made time.Time `json:"made"`
}

func identityFile(dir string) string { return filepath.Join(dir, "node", "identity.json") }

// identityOf reads the identity of a folder and makes one where there is none:
// in a new folder, and in one of a program that knew none, unless the folder is
// only to be read.
func identityOf(dir string, only bool) (identity, error) {
	var id identity
	name := identityFile(dir)
	err := readSealed(name, &id)
	switch {
	case errors.Is(err, errSpoiled):
		return id, fmt.Errorf("%w; mend it with zhigai repair", err)
	case !errors.Is(err, fs.ErrNotExist):
		return id, err
	case only:
		return id, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return id, err
	}
	id = identity{ID: rand.Text(), Host: host, Made: time.Now().UTC().Truncate(time.Second)}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return id, err
	}
	return id, writeSealed(name, id)
}

func (i identity) String() string { return nodeWords(i.ID, i.Host) }

func nodeWords(id, host string) string {
	return fmt.Sprintf("node %.8s (made on %s)", id, host)
}

// checkSame refuses a snapshot of another node.
func (i identity) checkSame(s backup.Snapshot) error {
	if s.Node.ID == "" || s.Node.ID == i.ID {
		return nil
	}
	return fmt.Errorf("%w: %s is of %s, this is %s; name the folder with the snapshots of this node",
		errOtherNode, s.Dir, nodeWords(s.Node.ID, s.Node.Host), i)
}

// errOtherNode is a snapshot that does not belong to the node it is to mend.
var errOtherNode = errors.New("snapshot of another node")
