package mqtt

import (
	"fmt"
	"strings"
)

// Match reports whether a topic name falls under a filter.
func Match(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && !strings.HasPrefix(filter, "$") {
		return false // MQTT 5, 4.7.2: wildcards do not reach broker topics
	}
	for {
		f, frest, fmore := strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, trest, tmore := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if !tmore {
			return !fmore || frest == "#" // "a/#" holds "a" too
		}
		if !fmore {
			return false
		}
		filter, topic = frest, trest
	}
}

// covers reports whether every topic under filter falls under allowed too.
func covers(allowed, filter string) bool {
	for {
		a, arest, amore := strings.Cut(allowed, "/")
		if a == "#" {
			return true
		}
		f, frest, fmore := strings.Cut(filter, "/")
		if f == "#" || f == "+" && a != "+" || a != "+" && a != f {
			return false
		}
		if !fmore {
			return !amore || arest == "#"
		}
		if !amore {
			return false
		}
		allowed, filter = arest, frest
	}
}

// CheckFilter reports what is wrong with a topic filter, or nil.
func CheckFilter(filter string) error {
	if filter == "" || strings.HasPrefix(filter, "$") || strings.ContainsRune(filter, 0) {
		return fmt.Errorf("topic filter %q; write for example plant/press1/#", filter)
	}
	levels := strings.Split(filter, "/")
	for i, l := range levels {
		if strings.Contains(l, "#") && (l != "#" || i < len(levels)-1) || strings.Contains(l, "+") && l != "+" {
			return fmt.Errorf("topic filter %q: %q; # may only stand alone at the end and + only alone in a level", filter, l)
		}
	}
	return nil
}
