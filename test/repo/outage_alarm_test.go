package repo

import (
	"fmt"
	"slices"
	"testing"
)

// An outage is noticed within half an hour, however few waits are open; so is one in which every attempt is throttled.
// The hour before each is a quiet one.
func TestOutageAlarmGoesOff(t *testing.T) {
	t.Parallel()
	for name, alarm := range outageAlarms(t) {
		for _, waits := range []int{1, 2, 10, 100} {
			t.Run(fmt.Sprintf("%s/waits=%d", name, waits), func(t *testing.T) {
				t.Parallel()
				m := newModel(t, uint64(waits))
				var minutes []int
				for range 300 {
					r := newRecord(2 * hour)
					begin := hour + 60*m.Float64()
					for range waits {
						m.wait(r, m.age(), 0, 2*hour, func(second float64) int {
							if second >= begin {
								return alarm.during
							}
							return m.quiet(second)
						})
					}
					minutes = append(minutes, slices.Index(alarm.rings(r), true)+late-int(begin/60))
				}
				slices.Sort(minutes)
				first, median, worst := minutes[0], minutes[150], minutes[299]
				t.Logf("p50=%d worst=%d minutes", median, worst)
				if first < late || worst > 30 { // one that never goes off is the first
					t.Errorf("it goes off from %d to %d minutes after the outage begins", first, worst)
				}
			})
		}
	}
}

// Errors that pass and some throttling ring no alarm in 300 days, while waits come and go.
func TestOutageAlarmIsQuiet(t *testing.T) {
	t.Parallel()
	const length = 300 * day
	for _, waits := range []int{1, 2, 10, 100} {
		t.Run(fmt.Sprintf("waits=%d", waits), func(t *testing.T) {
			t.Parallel()
			m := newModel(t, uint64(waits))
			r := newRecord(length)
			for range waits {
				for now := m.age() - 3*day; now < length; {
					end := now + m.age()
					m.wait(r, 0, now, end, m.quiet)
					now = end
				}
			}
			for name, alarm := range outageAlarms(t) {
				if first := slices.Index(alarm.rings(r), true); first >= 0 {
					t.Errorf("%s goes off on day %d", name, first/60/24)
				}
			}
		})
	}
}

// Three errors of one wait are no outage, whether they are in a row or not. Nor is a key that is revoked: it ends every
// wait with one failed check.
func TestOutageAlarmForgives(t *testing.T) {
	t.Parallel()
	m := newModel(t, 3)
	alarm := outageAlarms(t)["OutageAlarm"]
	for range 300 {
		few, revoked := newRecord(hour), newRecord(hour)
		left := 3
		m.wait(few, m.age(), 0, hour, func(float64) int {
			if left > 0 && m.IntN(2) == 0 {
				left--
				return failed
			}
			return answered
		})
		for range 30 {
			end := hour / 2 * m.Float64()
			revoked.add(failed, end)
			revoked.add(ended, end+m.Float64())
		}
		if slices.Contains(alarm.rings(few), true) || slices.Contains(alarm.rings(revoked), true) {
			t.Fatal("three errors of one wait, or a revoked key, are taken for an outage")
		}
	}
}

// Until an outage is over the alarm must not say that it is, however few attempts a wait makes.
func TestOutageAlarmStaysOn(t *testing.T) {
	t.Parallel()
	for name, alarm := range outageAlarms(t) {
		m := newModel(t, 4)
		const outages = 300
		over := 0
		for range outages {
			r := newRecord(day)
			m.wait(r, m.age(), 0, day, func(second float64) int {
				if second > hour {
					return alarm.during
				}
				return answered
			})
			on := alarm.rings(r)
			for minute := range on[1:] {
				if on[minute] && !on[minute+1] {
					over++
				}
			}
		}
		t.Logf("%s: over %d times in %d outages of a day, with one wait open", name, over, outages)
		if over > 0.55*outages {
			t.Errorf("%s says too often that the outage is over", name)
		}
	}
}
