package record

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// ErrFailed means that the disk refused to keep what was written. Nobody knows
// then what is on it, and a second try that succeeds would not tell: Linux, for
// one, forgets the pages that it could not write. Nothing is written any more;
// what is there can still be read. The process is to end and begin again.
var ErrFailed = errors.New("record: a write failed and the record takes no more; restart the node")

// Failed is why the record takes no more, or nil.
func (db *DB) Failed() error {
	if p := db.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// Broken is closed when the record has failed.
func (db *DB) Broken() <-chan struct{} { return db.broken }

// fail stops writing for good.
func (db *DB) fail(err error) error {
	wrapped := fmt.Errorf("%w: %w", ErrFailed, err)
	if db.failed.CompareAndSwap(nil, &wrapped) {
		close(db.broken)
	}
	return *db.failed.Load()
}

// judged is the error of a transaction, or ErrFailed when after it the files
// cannot be trusted to keep what comes.
func (db *DB) judged(err error) error {
	if err != nil && untrusted(err) {
		return db.fail(err)
	}
	return err
}

// untrusted says that a file was not written or not synced. A full disk is no
// such error: SQLite takes the transaction back, and nothing of it was synced.
func untrusted(err error) bool {
	for _, code := range []sqlite3.ExtendedErrorCode{
		sqlite3.IOERR_WRITE, sqlite3.IOERR_FSYNC, sqlite3.IOERR_DIR_FSYNC, sqlite3.IOERR_TRUNCATE, sqlite3.IOERR_DELETE, sqlite3.IOERR_CLOSE,
	} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}
