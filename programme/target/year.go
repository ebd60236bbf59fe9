package target

import (
	"time"

	"zhigai/plant"
)

// zone is where the year of a policy begins and ends.
const zone = "Asia/Shanghai"

// Year is the time of a year where the policy holds.
func Year(year int) plant.Span {
	return plant.Span{From: Midnight(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)), To: Midnight(time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC))}
}

// Midnight is when the date of t began where the policy holds.
func Midnight(t time.Time) plant.Micros {
	return plant.MicrosOf(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, clock()))
}

// DayOf is the date of an instant where the policy holds, as 2024-05-01.
func DayOf(at plant.Micros) string { return at.Time().In(clock()).Format(time.DateOnly) }

func clock() *time.Location {
	at, err := time.LoadLocation(zone)
	if err != nil {
		at = time.FixedZone("CST", 8*60*60)
	}
	return at
}

// Clock is an instant where the policy holds, as 2024-05-01 08:30.
func Clock(at plant.Micros) string { return at.Time().In(clock()).Format("2006-01-02 15:04") }
