package main

import (
	"time"

	recshop "zhigai/record/shop"
	"zhigai/shop/andon"
)

// newAndon makes the desk of calls for help.
func (n *node) newAndon() *andon.Desk {
	return andon.NewDesk(andon.Options{Store: recshop.NewCalls(n.record), Places: nodesOf{placesOf{n.fleet}}, NewID: n.record.NewID, Now: time.Now})
}
