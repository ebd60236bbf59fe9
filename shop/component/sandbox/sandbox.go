// Package sandbox runs functions that other people wrote, as WebAssembly modules: with a
// limit of memory, a limit of time for each call, and nothing of the world around them.
// A module imports nothing: no file, clock, network or random numbers. Each call gets a
// fresh instance, so that what a module says depends on the window that it is given and on
// nothing else: the same window says the same, to the bit, at any time.
//
// It never gives a module a second chance within a call, and knows nothing of machines,
// of who may, or of what an answer means. The shape of a call is docs/components.md.
//
// There is no count of instructions: wazero has none. What bounds a call is its time,
// which the compiled code looks at in every loop and at every call.
//
// Start with [New], [Sandbox.Compile] and [Module.Call].
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Limits of what a module may use.
type Limits struct {
	Memory int64         // bytes of linear memory, whole pages of 64 KiB
	Call   time.Duration // for one call, its instance made anew included
}

// Bounds of limits, and of modules.
const (
	// Page is WebAssembly's unit of memory.
	Page = 64 << 10
	// MaxMemory is far more than a window and its sums take.
	MaxMemory = 64 << 20
	// MaxCall keeps one call from holding a core for longer than a person would wait.
	MaxCall = time.Second
	// MaxBytes of a module: soft sensors that a C, Rust or AssemblyScript compiler makes
	// are below 200 KB, and compiling 2 MiB takes less than a second of one core.
	MaxBytes = 2 << 20
	// maxTable bounds each table, which lies outside of the module's memory.
	maxTable = 1 << 16
	// maxTables are more than any compiler makes.
	maxTables = 4
)

// features are what today's compilers write. Threads and exceptions are not among them.
const features = api.CoreFeaturesV2

// Sandbox compiles and runs modules. Its methods may be called concurrently.
type Sandbox struct{ runtime wazero.Runtime }

// New makes a sandbox; Close frees it.
func New() *Sandbox {
	return &Sandbox{wazero.NewRuntimeWithConfig(context.Background(), wazero.NewRuntimeConfig().WithCoreFeatures(features).WithCloseOnContextDone(true).WithDebugInfoEnabled(false))}
}

// Close ends all modules.
func (s *Sandbox) Close() error { return s.runtime.Close(context.Background()) }

// Names of what a module exports.
const (
	exportMemory = "memory"
	exportInput  = "input"
	exportCall   = "call"
)

// Refused says why a module is not taken, with what to do about it.
type Refused struct{ Why string }

func (r *Refused) Error() string { return r.Why }

func refused(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// Module is compiled and ready to be called. Its methods may be called concurrently.
type Module struct {
	Facts
	s        *Sandbox
	compiled wazero.CompiledModule
	limits   Limits
}

// Facts are what is known of a module before it runs.
type Facts struct {
	Bytes    int64    `json:"bytes"`
	Memory   int64    `json:"memory" doc:"Bytes that it takes from the beginning"`
	Exports  []string `json:"exports" nullable:"false"`
	Compiled float64  `json:"compile_ms" doc:"How long compiling it took here"`
}

// Compile checks a module and makes it ready; a [*Refused] error says what is wrong.
func (s *Sandbox) Compile(ctx context.Context, raw []byte, limits Limits) (*Module, error) {
	switch {
	case len(raw) > MaxBytes:
		return nil, refused("the module has %d bytes; %d are taken: build it optimised for size, without debug information", len(raw), MaxBytes)
	case limits.Memory < Page || limits.Memory > MaxMemory || limits.Memory%Page != 0:
		return nil, refused("a memory limit of %d bytes; write whole pages of 64 KiB, up to 64 MiB", limits.Memory)
	case limits.Call <= 0 || limits.Call > MaxCall:
		return nil, refused("%s for a call; write more than 0, up to %s", limits.Call, MaxCall)
	}
	if err := checkTables(raw); err != nil {
		return nil, err
	}
	began := time.Now()
	compiled, err := s.runtime.CompileModule(ctx, raw)
	if err != nil {
		return nil, refused("it is no WebAssembly module that runs here: %v", firstLine(err))
	}
	m := &Module{s: s, compiled: compiled, limits: limits, Facts: Facts{Bytes: int64(len(raw)), Compiled: float64(time.Since(began).Microseconds()) / 1000}}
	if err = m.check(); err == nil {
		err = m.begin(ctx)
	}
	if err != nil {
		_ = m.Close(ctx) // nothing of it was used
		return nil, err
	}
	return m, nil
}

// begin makes an instance once: what it does before it is called is bounded as a call is,
// and what it imports beside functions shows here.
func (m *Module) begin(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, m.limits.Call)
	defer cancel()
	one, err := m.s.runtime.InstantiateModule(experimental.WithMemoryAllocator(within, &linear{most: uint64(m.limits.Memory)}), m.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	switch {
	case err == nil:
		return one.Close(ctx)
	case ctx.Err() != nil:
		return ctx.Err()
	case within.Err() != nil:
		return refused("its start function had not ended after %s, before it is called at all", m.limits.Call)
	case strings.Contains(err.Error(), "not instantiated"): // wazero has no list of imported globals and tables
		return refused("it imports something beside functions (%s); a component gets nothing from outside", firstLine(err))
	}
	return refused("no instance of it can be made: %s", firstLine(err))
}

// Close frees what was compiled.
func (m *Module) Close(ctx context.Context) error { return m.compiled.Close(ctx) }

// check refuses a module that asks for something, or does not offer what is called.
func (m *Module) check() error {
	for _, f := range m.compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		return refused("it imports the function %s.%s; a component gets nothing from outside: build it for wasm32 without WASI and without imports", module, name)
	}
	if len(m.compiled.ImportedMemories()) > 0 {
		return refused("it imports its memory; let the linker define and export it as %q", exportMemory)
	}
	memory, ok := m.compiled.ExportedMemories()[exportMemory]
	if !ok {
		return refused("it exports no memory called %q", exportMemory)
	}
	if m.Memory = int64(memory.Min()) * Page; m.Memory > m.limits.Memory {
		return refused("it takes %d bytes of memory from the beginning and its budget is %d: raise the budget, or build it with less (a smaller stack, fewer tables)", m.Memory, m.limits.Memory)
	}
	functions := m.compiled.ExportedFunctions()
	for name := range functions {
		m.Exports = append(m.Exports, name)
	}
	i32 := []api.ValueType{api.ValueTypeI32}
	for name, params := range map[string][]api.ValueType{exportInput: i32, exportCall: {api.ValueTypeI32, api.ValueTypeI32}} {
		f, ok := functions[name]
		if !ok {
			return refused("it exports no function %q; see docs/components.md for the two that it needs", name)
		}
		if string(f.ParamTypes()) != string(params) || string(f.ResultTypes()) != string(i32) {
			return refused("its function %q takes %d and gives %d values of WebAssembly; it must take %d of type i32 and give one i32", name, len(f.ParamTypes()), len(f.ResultTypes()), len(params))
		}
	}
	return nil
}

// Spent is what a call used.
type Spent struct {
	Took   time.Duration
	Memory int64 // bytes at its end, or when it was stopped
}

// Kind says how a call failed.
type Kind string

// Kinds of failures.
const (
	OverTime   Kind = "over_time"
	OverMemory Kind = "over_memory"
	Trapped    Kind = "trapped"  // an instruction that cannot be done
	Nonsense   Kind = "nonsense" // an answer that is none
	Declined   Kind = "declined" // it says itself that it cannot tell
)

// Failure is a call that gave no answer.
type Failure struct {
	Kind Kind
	Why  string
}

func (f *Failure) Error() string { return string(f.Kind) + ": " + f.Why }

func failed(kind Kind, format string, args ...any) error {
	return &Failure{kind, fmt.Sprintf(format, args...)}
}

// Call asks a fresh instance about a window; it gives an output for each of n, or a
// [*Failure]. One that takes longer than its time is stopped.
func (m *Module) Call(ctx context.Context, w Window, n int) ([]Output, Spent, error) {
	memory := &linear{most: uint64(m.limits.Memory)}
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, m.limits.Call)
	defer cancel()
	out, err := m.call(experimental.WithMemoryAllocator(within, memory), w, n)
	spent := Spent{time.Since(began), int64(len(memory.bytes))}
	var f *Failure
	switch {
	case err == nil && spent.Took <= m.limits.Call, errors.As(err, &f):
	case ctx.Err() != nil:
		return nil, spent, ctx.Err()
	case within.Err() != nil || err == nil:
		err = failed(OverTime, "it had not answered after %s and was stopped", m.limits.Call)
	case memory.refused > 0:
		err = failed(OverMemory, "it asked for %d bytes of memory and may have %d; then: %s", memory.refused, m.limits.Memory, firstLine(err))
	default:
		err = failed(Trapped, "%s", firstLine(err))
	}
	return out, spent, err
}

func (m *Module) call(ctx context.Context, w Window, n int) ([]Output, error) {
	request, err := w.encode()
	if err != nil {
		return nil, err
	}
	one, err := m.s.runtime.InstantiateModule(ctx, m.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, err
	}
	defer one.Close(context.WithoutCancel(ctx)) // whether it was stopped or not; nothing is kept of it
	size := uint64(len(request))
	got, err := one.ExportedFunction(exportInput).Call(ctx, size)
	if err != nil {
		return nil, err
	}
	at := uint32(got[0])
	if at == 0 || at%8 != 0 || !one.Memory().Write(at, request) {
		return nil, failed(Nonsense, "input(%d) gave %d, which is no place for so many bytes in its memory, on a multiple of 8", size, at)
	}
	if got, err = one.ExportedFunction(exportCall).Call(ctx, uint64(at), size); err != nil {
		return nil, err
	}
	return decode(one.Memory(), uint32(got[0]), n)
}

// linear is the memory of one call, which grows to its limit and no further.
type linear struct {
	most    uint64
	bytes   []byte
	refused uint64 // what was asked for beyond the limit
}

var (
	_ experimental.MemoryAllocator = (*linear)(nil)
	_ experimental.LinearMemory    = (*linear)(nil)
)

// Allocate implements experimental.MemoryAllocator.
func (l *linear) Allocate(uint64, uint64) experimental.LinearMemory { return l }

// Reallocate implements experimental.LinearMemory. It doubles what it takes from Go, so
// that a module that grows page by page does not copy all of it each time.
func (l *linear) Reallocate(size uint64) []byte {
	if size > l.most {
		l.refused = size
		return nil
	}
	if size > uint64(cap(l.bytes)) {
		larger := make([]byte, size, max(size, min(l.most, 2*uint64(cap(l.bytes)))))
		copy(larger, l.bytes)
		l.bytes = larger
	}
	l.bytes = l.bytes[:size]
	return l.bytes
}

// Free implements experimental.LinearMemory. How much it was is asked for afterwards.
func (l *linear) Free() {}

// firstLine of an error: the rest is a stack of addresses that says nothing to people.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimPrefix(strings.TrimSuffix(line, " (recovered by wazero)"), "wasm error: ")
}
