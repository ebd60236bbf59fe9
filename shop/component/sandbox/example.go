package sandbox

import _ "embed"

// Modules that the commands measure with; their texts stand beside them.
var (
	//go:embed testdata/mean.wasm
	exampleMean []byte
	//go:embed testdata/loop.wasm
	exampleLoop []byte
)

// ExampleMean is a module of one input and two outputs: mean and largest value.
func ExampleMean() []byte { return exampleMean }

// ExampleLoop is a module that never comes to an end.
func ExampleLoop() []byte { return exampleLoop }
