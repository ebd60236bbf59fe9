package fact

import "slices"

func sortEvents(events []Event) { slices.SortStableFunc(events, Compare) }
