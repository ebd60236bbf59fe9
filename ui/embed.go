// Package ui carries the built pages inside the program. Without a build dist
// holds no page, and the server says how to make one.
package ui

import "embed"

// Dist holds dist/.
//
//go:embed all:dist
var Dist embed.FS
