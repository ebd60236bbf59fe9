package history

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver"

	"zhigai/plant"
)

const (
	benchTags    = 2000
	benchDevices = 50
	perDevice    = benchTags / benchDevices
)

// plantSource makes what 50 machines of 40 tags send each second: 14
// temperatures, 6 counters, 10 states, 6 vibrations, 4 of float32 noise. No
// stretch repeats.
type plantSource struct {
	r      *rand.Rand
	tick   int
	jitter bool
	level  [benchTags]float64
}

func (p *plantSource) next(b []plant.Sample) []plant.Sample {
	p.tick++
	for d := range benchDevices {
		at := start + plant.Micros(p.tick)*second
		if p.jitter { // one read gives all tags of a device one time
			at += plant.Micros(p.r.IntN(10)) * 1000
		}
		for i := range perDevice {
			tag := d*perDevice + i
			v := &p.level[tag]
			var out float64
			switch {
			case i < 14:
				*v += p.r.NormFloat64() * 0.05
				out = math.Round((60+*v)*10) / 10
			case i < 20:
				if p.r.IntN(12) == 0 {
					*v++
				}
				out = *v
			case i < 30:
				if p.r.IntN(120) == 0 {
					*v = float64(p.r.IntN(5))
				}
				out = *v
			case i < 36:
				out = math.Round((2+p.r.NormFloat64()*0.2)*1000) / 1000
			default:
				out = float64(float32(p.r.NormFloat64()))
			}
			b = append(b, plant.Sample{Tag: plant.TagNo(tag + 1), Time: at, Value: out})
		}
	}
	return b
}

// BenchmarkAppend appends batches with an fsync each while the chunk writer
// runs, and reports what a sample costs on disk once all is in chunks.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{2_000, 10_000} {
		for _, jitter := range []bool{false, true} {
			b.Run(fmt.Sprintf("batch=%d/jitter=%v", size, jitter), func(b *testing.B) {
				s, err := Open(b.TempDir(), Options{})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				// Making the signals costs more than storing them: make them first.
				src := &plantSource{r: rand.New(rand.NewPCG(1, 2)), jitter: jitter}
				batches := make([][]plant.Sample, 4_000_000/size) // 2,000 s: no chunk sees a repetition
				for i := range batches {
					for len(batches[i]) < size {
						batches[i] = src.next(batches[i])
					}
				}
				span := plant.Micros(src.tick) * second
				b.ResetTimer()
				cpu := cpuTime(b)
				n := 0
				for b.Loop() {
					batch := batches[n%len(batches)]
					if n >= len(batches) {
						for i := range batch {
							batch[i].Time += span // the next round goes on where this one ended
						}
					}
					if _, err := s.Append(context.Background(), 1, plant.Batch{Samples: batch}); err != nil {
						b.Fatal(err)
					}
					n++
				}
				b.StopTimer()
				b.ReportMetric(float64(n*size)/b.Elapsed().Seconds(), "samples/s")
				b.ReportMetric(float64(n*size)/(cpuTime(b)-cpu).Seconds(), "samples/cpu-s") // holds on a busy machine, too
				if err := s.Flush(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(chunkBytes(b, s))/float64(s.Stats().Samples), "B/sample")
			})
		}
	}
}

// cpuTime is what the process has used of the processors, writer and engine
// among it.
func cpuTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// chunkBytes adds up keys and values of everything but the raw log.
func chunkBytes(b *testing.B, s *Store) (n int) {
	it, err := s.db.NewIter(nil)
	if err != nil {
		b.Fatal(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if it.Key()[0] != spaceBatch {
			n += len(it.Key()) + len(it.Value())
		}
	}
	return n
}

// BenchmarkSQLiteRows is the same load as rows: WAL, synchronous=FULL, one
// commit per 2,000 samples.
func BenchmarkSQLiteRows(b *testing.B) {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(b.TempDir(), "rows.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("create table sample (tag integer, at integer, value real, quality integer, primary key (tag, at)) without rowid"); err != nil {
		b.Fatal(err)
	}
	src := &plantSource{r: rand.New(rand.NewPCG(1, 2))}
	cpu := cpuTime(b)
	n := 0
	for b.Loop() {
		tx, err := db.Begin()
		if err != nil {
			b.Fatal(err)
		}
		insert, err := tx.Prepare("insert into sample values (?, ?, ?, ?)")
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range src.next(nil) {
			if _, err := insert.Exec(s.Tag, s.Time, s.Value, s.Quality); err != nil {
				b.Fatal(err)
			}
			n++
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(float64(n)/(cpuTime(b)-cpu).Seconds(), "samples/cpu-s")
}

// BenchmarkYear asks for 1,000 points over a year of one tag at 1 s.
func BenchmarkYear(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(3, 4))
	const year = 365 * 86400
	level := 0.0
	batch := make([]plant.Sample, 0, 100_000)
	for i := range year {
		level += r.NormFloat64() * 0.05
		batch = append(batch, plant.Sample{Tag: 1, Time: start + plant.Micros(i)*second, Value: math.Round((60+level)*10) / 10})
		if len(batch) == cap(batch) || i == year-1 {
			if _, err := s.Append(context.Background(), 1, plant.Batch{Samples: batch}); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		buckets, err := s.Buckets(context.Background(), 1, 1, start+12345, start+year*second, 1000)
		if err != nil || len(buckets) != 1000 {
			b.Fatal(len(buckets), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/question")
}

// BenchmarkScan reads 20,000 samples of a tag.
func BenchmarkScan(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(3, 4))
	batch := make([]plant.Sample, 20_000)
	for i := range batch {
		batch[i] = plant.Sample{Tag: 1, Time: start + plant.Micros(i)*second, Value: math.Round(r.NormFloat64()*100) / 10}
	}
	if _, err := s.Append(context.Background(), 1, plant.Batch{Samples: batch}); err != nil {
		b.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n := 0
		if err := s.Samples(context.Background(), 1, 1, 0, maxTime, func(plant.Sample) bool { n++; return true }); err != nil || n != len(batch) {
			b.Fatal(n, err)
		}
	}
}
