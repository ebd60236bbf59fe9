// Package figure makes every number that is shown: definitions as data,
// windows, folds over facts, revisions and the evidence behind them. It knows
// no machine; what turns facts into terms is a [Folder].
package figure
