package torture

import (
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// Figures of a report.
const (
	waitsEnded = "waits"
	worstLag   = "worst lag, in seconds"
	endedBy    = "waits that ended as "
)

func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }

// judge compares a check's verdict with the observer's at the same moment.
func (f *fleet) judge(x *execution, v handler.Verdict) {
	at := f.now.Sub(x.began)
	want := x.truth(at)
	late := want == "pending" && at >= x.deadline && v.Outcome == handler.Failed && v.Reason == handler.DeadlineExceeded
	if string(v.Outcome) != want && !late {
		f.fail("WRONG VERDICT: action %d, %v after its begin: %s (%s), the truth is %s", x.id, at, v.Outcome, v.Reason, want)
	}
	if v.Outcome == handler.Pending && at > x.deadline {
		f.fail("action %d: pending %v past its deadline", x.id, at-x.deadline)
	}
}

// giveUp looks at a wait that an error has ended. It must have met an outage past its deadline, at the first chance to
// notice it.
func (f *fleet) giveUp(x *execution, err error) {
	late := f.now.Sub(x.began) - x.deadline
	if x.ended != string(handler.TimedOut) || late < 0 || late > x.longestPause()+slowest {
		f.fail("LOST: action %d, %v past its deadline: %v", x.id, late, err)
		return
	}
	f.finish(x, x.ended)
	f.sum.most("worst time past the deadline in an outage, in seconds", seconds(late))
}

// finish looks at what is the same for every wait that ends.
func (f *fleet) finish(x *execution, how string) {
	x.events += x.counts.End
	limit := time.Duration(x.TimeoutSeconds) * time.Second
	if at := f.now.Sub(x.began); x.events >= maxEvents || at > limit {
		f.fail("LOST: action %d: %d events, %v", x.id, x.events, at)
	}
	f.sum.count(waitsEnded, 1)
	f.sum.count(endedBy+how, 1)
	f.sum.most("most history events", x.events)
}

// end looks at a wait that is over: was it noticed soon enough?
func (f *fleet) end(x *execution, v handler.Verdict) {
	at := f.now.Sub(x.began)
	since := x.deadline
	if v.Reason != handler.DeadlineExceeded {
		since = x.settled(at)
	}
	lag := at - since
	bound := min(max(since/10, 5*time.Second), f.step.MaxWait) + slowest
	if x.disturbed {
		bound = x.lastError.Sub(x.began) - since + x.longestPause() + slowest
	} else {
		f.sum.most("worst lag without an error just before, in seconds", seconds(lag))
	}
	if lag > bound {
		f.fail("action %d: noticed %v late, the bound is %v", x.id, lag, bound)
	}
	if x.stranded {
		f.fail("action %d: %s (%s) in an outage past its deadline", x.id, v.Outcome, v.Reason)
	}
	f.finish(x, string(v.Outcome)+", "+string(v.Reason))
	f.sum.most(worstLag, seconds(lag))
}
