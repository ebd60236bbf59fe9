// Package equipment says what machines do: their state and since when, why
// they stand, what they made, and what that is in the time model of ISO 22400.
package equipment
