package repo

import (
	"fmt"
	"slices"
	"testing"
)

// An outage is noticed within half an hour, however few waits are open; so is one in which every attempt is throttled.
func TestOutageAlarmGoesOff(t *testing.T) {
	t.Parallel()
	template := load(t)
	for name, during := range map[string]int{"OutageAlarm": failed, "ThrottleAlarm": throttled} {
		for _, fills := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/fills=%v", name, fills), func(t *testing.T) {
				t.Parallel()
				for _, waits := range []int{1, 2, 10, 100} {
					minutes := newModel(t, uint64(waits)).outages(t, readAlarm(t, template, name), waits, during, fills)
					missed, median, worst := minutes[0] < 0, minutes[len(minutes)/2], minutes[len(minutes)-1]
					t.Logf("%s waits=%d p50=%d worst=%d minutes", name, waits, median, worst)
					if missed || worst > 30 {
						t.Errorf("%d waits: missed some: %v; worst after %d minutes", waits, missed, worst)
					}
				}
			})
		}
	}
}

// An alarm that demands an error in each of three periods of five minutes misses outages of one wait: retries are
// further apart than a period.
func TestOutageAlarmOfPeriodsMisses(t *testing.T) {
	t.Parallel()
	a := alarm{
		expression: parse(t, "errors"),
		metrics:    map[string]string{"errors": "FailedChecks"},
		period:     5,
		periods:    3,
		datapoints: 3,
		threshold:  1,
	}
	minutes := newModel(t, 1).outages(t, a, 1, failed, true)
	missed := len(slices.DeleteFunc(minutes, func(m int) bool { return m >= 0 && m <= 30 }))
	t.Logf("%d of 300 missed", missed)
	if missed == 0 {
		t.Error("the simulation would not notice a bad alarm")
	}
}

// Errors that pass and some throttling ring no alarm in 300 days. FILL plays no part: without it, an alarm has the same
// value or none.
func TestOutageAlarmIsQuiet(t *testing.T) {
	t.Parallel()
	template := load(t)
	for _, waits := range []int{1, 2, 10, 100} {
		t.Run(fmt.Sprintf("waits=%d", waits), func(t *testing.T) {
			t.Parallel()
			days := newModel(t, uint64(waits)).quietDays(waits)
			for _, name := range []string{"OutageAlarm", "ThrottleAlarm"} {
				if first := readAlarm(t, template, name).first(days, true); first >= 0 {
					t.Errorf("%s goes off on day %d", name, first/60/24)
				}
			}
		})
	}
}

// Three errors of one wait are no outage, whether they are in a row or not.
func TestOutageAlarmForgivesThreeErrors(t *testing.T) {
	t.Parallel()
	m := newModel(t, 3)
	a := readAlarm(t, load(t), "OutageAlarm")
	for range 300 {
		r, left := newRecord(hour), 3
		m.wait(r, m.age(), 0, hour, func(float64) int {
			if left > 0 && m.IntN(2) == 0 {
				left--
				return failed
			}
			return answered
		})
		r.total()
		if a.first(r, true) >= 0 {
			t.Fatal("three errors of one wait are taken for an outage")
		}
	}
}

// Until an outage is over the alarm must not say that it is, however few attempts a wait makes.
func TestOutageAlarmStaysOn(t *testing.T) {
	t.Parallel()
	template := load(t)
	for name, during := range map[string]int{"OutageAlarm": failed, "ThrottleAlarm": throttled} {
		a := readAlarm(t, template, name)
		m := newModel(t, 4)
		over := 0
		for range 30 {
			r := newRecord(day)
			m.wait(r, m.age(), 0, day, func(second float64) int {
				if second > hour {
					return during
				}
				return answered
			})
			r.total()
			on := false
			for minute := range r["FailedChecks"] {
				rings := a.rings(r, minute, true)
				if on && !rings {
					over++
				}
				on = rings
			}
		}
		t.Logf("%s: over %d times in 30 outages of a day, with one wait open", name, over)
		if over > 15 {
			t.Errorf("%s says %d times in 30 days that the outage is over", name, over)
		}
	}
}

// A key that is revoked ends every wait with one failed check. That is no outage that waits outlast.
func TestFinalErrorsAreNoOutage(t *testing.T) {
	t.Parallel()
	m := newModel(t, 5)
	r := newRecord(hour)
	for range 30 {
		end := hour / 2 * m.Float64()
		r.add("FailedChecks", end)
		r.add("ExecutionsFailed", end+m.Float64())
	}
	r.total()
	if minute := readAlarm(t, load(t), "OutageAlarm").first(r, true); minute >= 0 {
		t.Errorf("the alarm goes off after %d minutes", minute)
	}
}
