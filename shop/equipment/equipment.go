// Package equipment says what machines do: their state and since when, why
// they stand, what they made, and what that is in the time model of ISO 22400.
//
// Everything here is a pure function of facts over a range of time; no state
// kept in memory is ever the truth. It never talks to a machine and stores
// nothing but the facts that people enter.
//
// Start with [Machine] and [Facts] (what goes in), [Intervals] (what a machine
// did), [Terms] (what that is in figures), [Folder] (the same from the stores)
// and [Board] (the same for now).
package equipment
