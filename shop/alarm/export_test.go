package alarm

// What the tests outside of the package use of those inside.
var (
	OpenHistory = openHistory
	Fill        = fill
	Signals     = signals
)

// Start is when [Signals] begin, Load their tag.
var Start = start

const Load = load

// One is a plant with one machine; see [Signals].
type One = still
