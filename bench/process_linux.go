package bench

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is another program while it is measured.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	in   io.WriteCloser // nil unless its output is read
	out  *bufio.Scanner // nil unless asked for
	stop os.Signal
}

// spent is what a process used in its whole life, with those it started and
// waited for.
type spent struct {
	cpu  time.Duration
	peak uint64 // bytes, of the largest of them
}

// command is what to run.
type command struct {
	name  string
	args  []string
	env   []string
	as    *syscall.Credential
	in    string    // working folder; where the log is when empty
	stop  os.Signal // SIGTERM when nil
	reads bool      // its standard output is read here
}

// start runs a program with its output in dir.
func start(dir string, c command) (*process, error) {
	p := &process{name: filepath.Base(c.args[0]), cmd: exec.Command(c.args[0], c.args[1:]...), log: filepath.Join(dir, c.name+".log"), stop: c.stop}
	if p.stop == nil {
		p.stop = syscall.SIGTERM
	}
	f, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer f.Close() // the program has its own
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir, p.cmd.Env = f, f, cmp.Or(c.in, dir), append(os.Environ(), c.env...)
	// What is measured must not outlive the measurement.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Pdeathsig: syscall.SIGKILL}
	if c.reads {
		p.cmd.Stdout = nil
		pipe, err := p.cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		p.out = bufio.NewScanner(pipe)
		p.out.Buffer(nil, 1<<20)
		if p.in, err = p.cmd.StdinPipe(); err != nil {
			return nil, err
		}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return p, nil
}

// line is what the process prints next behind a word.
func (p *process) line(word string) (string, error) {
	for p.out.Scan() {
		if rest, ok := strings.CutPrefix(p.out.Text(), word+" "); ok {
			return rest, nil
		}
	}
	return "", p.wrong(fmt.Errorf("it ended without the word %q", word))
}

// stopTime is how long a program may take to bring everything to the disk.
const stopTime = 30 * time.Second

// peak is the most memory that the process, or one that it started, has held.
// What getrusage says of a child begins with what its parent held at the fork.
func (p *process) peak() (most uint64) {
	var look func(pid string)
	look = func(pid string) {
		kib, _ := strconv.ParseUint(strings.TrimSuffix(field("/proc/"+pid+"/status", "VmHWM"), " kB"), 10, 64) // one that ended says nothing
		most = max(most, kib<<10)
		children, _ := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children") // likewise
		for child := range strings.FieldsSeq(string(children)) {
			look(child)
		}
	}
	look(strconv.Itoa(p.cmd.Process.Pid))
	return most
}

// end asks the process to end and tells what it used.
func (p *process) end() (spent, error) {
	most := p.peak()
	_ = p.cmd.Process.Signal(p.stop) // one that ended already is told by Wait
	late := time.AfterFunc(stopTime, func() { _ = p.cmd.Process.Kill() })
	err := p.cmd.Wait()
	if !late.Stop() {
		return spent{}, p.wrong(fmt.Errorf("it did not end within %s", stopTime))
	}
	use, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return spent{}, p.wrong(errors.New("the system does not tell what it used"))
	}
	// Some end by the signal, some exit with an error because of it.
	if err != nil && !p.cmd.ProcessState.Exited() && p.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != p.stop {
		return spent{}, p.wrong(err)
	}
	return spent{time.Duration(use.Utime.Nano() + use.Stime.Nano()), most}, nil
}

// wrong adds the end of the program's log.
func (p *process) wrong(err error) error {
	raw, _ := os.ReadFile(p.log) // without it the error says less
	return fmt.Errorf("%s: %w: %s", p.name, err, raw[max(0, len(raw)-600):])
}

// await asks until f gives no error.
func await(ctx context.Context, p *process, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	for {
		err := f()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return p.wrong(fmt.Errorf("not ready: %w", err))
		}
		pause(ctx, 50*time.Millisecond)
	}
}

// listening reports whether something answers at the address.
func listening(address string) func() error {
	return func() error {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// free is an address that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func write(dir, name, text string) (string, error) {
	file := filepath.Join(dir, name)
	f, err := os.Create(file)
	if err != nil {
		return "", err
	}
	_, err = io.WriteString(f, text)
	return file, errors.Join(err, f.Close())
}

// ask sends the process a line and gives its answer.
func (p *process) ask(format string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return "", p.wrong(err)
	}
	if !p.out.Scan() {
		return "", p.wrong(errors.Join(errors.New("it ended"), p.out.Err()))
	}
	answer, ok := strings.CutPrefix(p.out.Text(), "ok ")
	if !ok {
		return "", p.wrong(errors.New(p.out.Text()))
	}
	return answer, nil
}

// kill ends the process if it still runs.
func (p *process) kill() {
	if p == nil || p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// residentOf is what a process holds now; 0 when it is gone.
func residentOf(p *process) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSuffix(field(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid), "VmRSS"), " kB"), 10, 64)
	return n << 10
}

// diskOf is the size of all files of a folder.
func diskOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a file that went meanwhile has no size
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
