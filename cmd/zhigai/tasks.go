package main

import (
	"time"

	"zhigai/programme/target/task"
)

// newTasks makes the desk of targets divided by unit, division and year.
func (n *node) newTasks() *task.Desk {
	return &task.Desk{Targets: n.targets, Store: n.registers, Given: n.units, Now: time.Now}
}
