package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// watchFlags are how a node is watched by those who operate it.
type watchFlags struct {
	LogFormat string `help:"text, or json: one object a line." enum:"text,json" default:"text"`
	LogLevel  string `help:"What is logged: debug, info, warn or error and above." enum:"debug,info,warn,error" default:"info"`
	Pprof     string `help:"Serve profiles of the running program on this address, HOST:PORT; without HOST to this machine alone. Who reaches it reads memory: never open it to a network." placeholder:"ADDRESS"`
}

// logger writes to w, which is standard error but in tests.
func (f watchFlags) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if f.LogLevel != "" {
		if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
			return nil, fmt.Errorf("--log-level: %w", err)
		}
	}
	o := &slog.HandlerOptions{Level: level}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return slog.New(slog.NewTextHandler(w, o)), nil
}

// profiles serves net/http/pprof until ctx ends, on an address of its own: the
// API has rights and limits that profiles would pass by.
func (f watchFlags) profiles(ctx context.Context, log *slog.Logger) error {
	if f.Pprof == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(f.Pprof)
	if err != nil {
		return fmt.Errorf("--pprof %s: write HOST:PORT, or :PORT for this machine alone", f.Pprof)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fmt.Errorf("--pprof %s: %w", f.Pprof, err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		log.Warn("profiles are open to the network", "address", l.Addr().String())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // a profile under way is given up with the node
	go func() {
		if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Error("profiles", "err", err)
		}
	}()
	log.Info("profiles", "address", l.Addr().String())
	return nil
}
