package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"
)

// supervisor is the service manager that started the program and asked to be
// told of its state, as systemd does (sd_notify(3)).
type supervisor struct {
	log   *slog.Logger
	every time.Duration // between signs of life; 0: none are asked for
}

func newSupervisor(log *slog.Logger) supervisor {
	s := supervisor{log: log}
	if us, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64); err == nil && us > 0 {
		s.every = time.Duration(us) * time.Microsecond / 3
	}
	return s
}

// tell says a state; without a supervisor nobody hears it.
func (s supervisor) tell(state string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err == nil {
		_, err = conn.Write([]byte(state))
		_ = conn.Close() // a datagram has left
	}
	if err != nil {
		s.log.Warn("service manager not told", "state", state, "err", err)
	}
}

// signs gives signs of life until ctx ends. alive returns when the parts that
// take samples can be asked: a node in which they hold one another up gives no
// sign and is started again.
func (s supervisor) signs(ctx context.Context, alive func()) {
	if s.every == 0 {
		return
	}
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			alive()
			s.tell("WATCHDOG=1")
		}
	}
}

// endWithin is how long a node takes at most to end when it is told to.
const endWithin = 4500 * time.Millisecond

// lastResort ends the process when its stores do not close in time: the engine
// may be in the middle of merging files. Everything acknowledged is on the disk
// already, and the next start reads it as after a kill. Stop the timer when all
// is closed.
func lastResort(log *slog.Logger) *time.Timer {
	return time.AfterFunc(endWithin, func() {
		log.Warn("the node ends before its stores have closed; nothing acknowledged is lost")
		os.Exit(0)
	})
}

// alive takes the locks of the parts that take samples.
func (n *node) alive() {
	n.history.LastSeq()
	n.collector.Status()
	n.broker.Pressure()
}
