package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// searches are finished searches of published instances, kept line by line in a
// file, so that an hour of searching can be stopped and gone on with, and so that
// every gap of the report opens to the runs behind it.
type searches struct {
	path    string // "" keeps nothing
	program string // that searches
	span    time.Duration
	mu      sync.Mutex
	done    map[string]int64 // makespan by instance and seed
}

const searchesHead = "kind\tinstance\tseed\tseconds\tmakespan\tbest known\tsteps\tprogram"

// openSearches reads what is kept of searches of that span.
func openSearches(path, program string, span time.Duration) (*searches, error) {
	s := &searches{path: path, program: program, span: span, done: map[string]int64{}}
	if path == "" {
		return s, nil
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, s.write(searchesHead)
	case err != nil:
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for no := 1; lines.Scan(); no++ {
		cells := strings.Split(lines.Text(), "\t")
		if no == 1 {
			if lines.Text() != searchesHead {
				return nil, fmt.Errorf("%s: line 1 names other columns than %q", path, strings.ReplaceAll(searchesHead, "\t", ", "))
			}
			continue
		}
		if len(cells) != strings.Count(searchesHead, "\t")+1 {
			return nil, fmt.Errorf("%s, line %d: %d columns; delete the line to search again", path, no, len(cells))
		}
		makespan, err := strconv.ParseInt(cells[4], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: makespan %q is no number; delete the line to search again", path, no, cells[4])
		}
		if cells[3] == s.seconds() {
			s.done[strings.Join(cells[:3], "\t")] = makespan
		}
	}
	return s, lines.Err()
}

func (s *searches) seconds() string { return strconv.FormatFloat(s.span.Seconds(), 'g', -1, 64) }

func (w *searched) key() string {
	return strings.Join([]string{w.of.kind, w.of.Name, strconv.FormatUint(w.seed, 10)}, "\t")
}

// of is what a search came to before.
func (s *searches) of(w *searched) (makespan int64, ok bool) {
	makespan, ok = s.done[w.key()]
	return makespan, ok
}

// keep adds a search that is finished.
func (s *searches) keep(w *searched, makespan, steps int64) error {
	if s.path == "" {
		return nil
	}
	return s.write(fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%s", w.key(), s.seconds(), makespan, w.of.Upper, steps, s.program))
}

func (s *searches) write(line string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.OpenFile(s.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}
