// Package data carries the files that say what the product knows without code:
// device profiles, figure definitions, tables of the standards, the demo plant.
//
// It holds no logic. Each folder has its own reader in the room it belongs to.
package data

import "embed"

// FS holds bearings/, health/, profiles/, energy/, evaluations/, exchange/, figures/, line-figures/, material-figures/,
// order-figures/, worker-figures/, indicators/, industries/, measures/,
// targets/, policies/, regions/, maturity/, reporting/, standards/, demo/,
// roles.yaml and vocabulary.yaml.
//
//go:embed all:profiles all:energy all:evaluations all:exchange all:figures all:order-figures all:line-figures all:material-figures all:worker-figures all:indicators all:industries all:targets all:policies all:measures all:organisations all:regions all:maturity all:reporting all:standards all:bearings all:health all:demo roles.yaml vocabulary.yaml
var FS embed.FS
