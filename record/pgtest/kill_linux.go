package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// endWithTest lets the server end at once, with its children, should the test
// be killed. The signal comes when the thread that starts the server ends, so
// that one must stay.
func endWithTest(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGQUIT }

// Kill ends the server and every process of it at once, as a power cut does
// but for what the operating system holds, and returns when all are gone.
func (s *Server) Kill() error {
	// Stopped, it starts no more children while they are counted.
	if err := s.process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	children, err := childrenOf(s.process.Pid)
	if err != nil {
		return err
	}
	var ends []unix.PollFd
	for _, pid := range children {
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue // gone already
		}
		defer func() { _ = unix.Close(fd) }()
		ends = append(ends, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // gone already
	}
	if err := s.process.Kill(); err != nil {
		return err
	}
	<-s.gone
	for i := range ends {
		// A child that lives on would keep the next server from starting.
		for {
			if _, err := unix.Poll(ends[i:i+1], -1); err == nil {
				break
			} else if !errors.Is(err, unix.EINTR) {
				return err
			}
		}
	}
	return nil
}

func childrenOf(parent int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var out []int
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // gone meanwhile
		}
		// pid (name) state parent …; a name may hold anything, ")" too.
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil {
			return nil, err
		}
		out = append(out, pid)
	}
	return out, nil
}
