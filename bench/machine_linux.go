package bench

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// describe reads what the system says of itself and of the disk under dir.
func describe(dir string) (Machine, error) {
	m := Machine{Cores: runtime.GOMAXPROCS(0), Go: runtime.Version()}
	m.CPU = field("/proc/cpuinfo", "model name")
	if m.CPU == "" {
		m.CPU = runtime.GOARCH
	}
	kib, err := strconv.ParseUint(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
	if err != nil {
		return m, fmt.Errorf("bench: memory of the machine: %w", err)
	}
	m.RAMBytes = kib << 10
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return m, fmt.Errorf("bench: kernel: %w", err)
	}
	m.Kernel = runtime.GOOS + " " + strings.TrimSpace(string(kernel))
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return m, fmt.Errorf("bench: load: %w", err)
	}
	m.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	m.FileSystem, err = fileSystem(dir)
	return m, err
}

// field is the first "name : value" of a file of /proc.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// fileSystem is type and options of the mount that dir lies on.
func fileSystem(dir string) (string, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("bench: folder: %w", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", fmt.Errorf("bench: folder: %w", err)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", fmt.Errorf("bench: mounts: %w", err)
	}
	best, out := "", ""
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		if len(f) < 4 || len(f[1]) < len(best) {
			continue
		}
		if at := strings.TrimSuffix(f[1], "/"); dir == at || strings.HasPrefix(dir, at+"/") {
			best, out = f[1], f[2]+" ("+f[3]+")"
		}
	}
	return out, nil
}

// Used is what this process has used of the processors so far.
func Used() time.Duration { return used(syscall.RUSAGE_SELF) }

// OnCore ties the goroutine that calls it to its thread and tells how long that
// thread has had a processor since: a search that is given ten seconds gets as
// much on a machine that others use.
func OnCore() func() time.Duration {
	const thread = 1 // RUSAGE_THREAD, which syscall does not name
	runtime.LockOSThread()
	begin := used(thread)
	return func() time.Duration { return used(thread) - begin }
}

func used(by int) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(by, &use); err != nil {
		panic("BUG: getrusage: " + err.Error())
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// resident is the memory of this process that is in RAM now, in bytes.
func resident() uint64 {
	kib, _ := strconv.ParseUint(strings.TrimSuffix(field("/proc/self/status", "VmRSS"), " kB"), 10, 64) // 0 is shown as such
	return kib << 10
}
