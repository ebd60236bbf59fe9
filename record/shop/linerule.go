package shop

import (
	"zhigai/fact"
	"zhigai/record"
	"zhigai/shop/control/rule"
)

// LineRules keeps rules and their firings. It implements rule.Store.
type LineRules struct{ documents }

var _ rule.Store = LineRules{}

// NewLineRules keeps rules in the record.
func NewLineRules(db *record.DB) LineRules {
	return LineRules{documents{db, "rule_document", fact.KindRule, "rule"}}
}
