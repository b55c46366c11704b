package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// display shows waits to a person: one live line for each on a terminal, one plain line for each check elsewhere.
type display struct {
	now  func() time.Time
	out  *log.Logger   // the lines that stay, above the live ones
	live *mpb.Progress // nil where nothing can be drawn
}

func newDisplay(w io.Writer, now func() time.Time, waits int) display {
	_, height, _ := term.GetSize(descriptor(w))
	if !isTerminal(w) || waits >= height { // what has scrolled away cannot be drawn over
		return display{now: now, out: log.New(w, "", 0)}
	}
	live := mpb.New(mpb.WithOutput(w), mpb.WithAutoRefresh())
	return display{now: now, out: log.New(live, "\r", 0), live: live}
}

// line shows one wait: what each check has found, and why the wait ends without a final verdict.
func (d display) line(id string) (show func(state), end func(error)) {
	say := func(err error) {
		if err != nil {
			d.out.Print("xdrwait: ", inFlags(err.Error()))
		}
	}
	if d.live == nil {
		return func(s state) { d.out.Printf("%s  %s  %s", s.at.UTC().Format(time.RFC3339), s.id, s.plain()) }, say
	}
	var last atomic.Pointer[state]
	last.Store(&state{id: id})
	draw := func(w io.Writer, s decor.Statistics) error { // from the left: what is typed, such as ^C, moves the cursor
		_, err := io.WriteString(w, "\r"+last.Load().fit(s.AvailableWidth, d.now()))
		return err
	}
	bar, _ := d.live.Add(0, mpb.BarFillerFunc(draw), mpb.BarFillerTrim()) // it fails after the last end only
	end = func(err error) {
		say(err)
		bar.Abort(err != nil) // without an error the line stays
	}
	return func(s state) { last.Store(&s) }, end
}

// plain is the line of a check where nothing can be drawn.
func (s state) plain() string {
	next := ""
	if s.pause > 0 {
		next = fmt.Sprintf("; next check in %v", s.pause.Round(time.Second))
	}
	if s.err != nil {
		return s.err.Error() + next
	}
	with := ""
	if s.verdict.Endpoints.Pending > 0 {
		with = " (" + pending(*s.verdict) + ")"
	}
	return fmt.Sprintf("%s: %s", s.verdict.Outcome, counts(s.verdict.Endpoints)) + with + next
}

// Sizes of a live line's parts, in columns.
const (
	minBar   = 5
	maxBar   = 24
	minCause = 32
)

// fit draws the longest form that fits into that many columns.
func (s state) fit(width int, now time.Time) string {
	next := "now"
	if left := s.pause - now.Sub(s.at); left > 0 {
		next = fmt.Sprintf("%.0fs", math.Ceil(left.Seconds()))
	}
	forms := s.forms(width, next)
	for _, form := range forms {
		if runewidth.StringWidth(form) <= width {
			return form
		}
	}
	return runewidth.Truncate(forms[len(forms)-1], width, "…")
}

// forms are the ways to write the line, the longest first. On trouble the cause leads and stays to the last, else the
// counts do.
func (s state) forms(width int, next string) []string {
	id := s.id + " "
	tail := id
	if n := len(s.id); n > 5 {
		tail = "…" + s.id[n-4:] + " " // it tells actions apart
	}
	all := s.counts("%d ok %d failed %d pending")
	few := s.counts("%d ok %d fail %d pend")
	switch {
	case s.err != nil:
		retry := " · retry " + next
		whole := causeOf(s.err)
		cause := runewidth.Truncate(whole, max(minCause, width-runewidth.StringWidth(id+retry)), "…")
		return []string{
			id + cause + retry + " · " + all, id + cause + retry + " · " + few, id + cause + retry, tail + cause + retry,
			cause + retry, tail + cause, cause, strings.TrimPrefix(whole, unreachable),
		}
	case s.verdict == nil:
		return []string{id + "asking", tail + "asking", "asking"}
	case s.verdict.Outcome != handler.Pending:
		next = string(s.verdict.Outcome)
	}
	bare := s.counts("%d/%d/%d")
	named, odd := unknown(*s.verdict)
	return []string{
		s.withBar(width, id, all+named+" · "+next), s.withBar(width, id, all+odd+" · "+next), id + all + odd, id + few + odd,
		tail + few + odd, few + odd, tail + bare + odd, bare + odd, bare,
	}
}

// counts are those of the last verdict.
func (s state) counts(format string) string {
	if s.verdict == nil {
		return "no verdict yet"
	}
	e := s.verdict.Endpoints
	return fmt.Sprintf(format, e.Succeeded, e.Failed, e.Pending)
}

// withBar shows how many of the endpoints have ended, in the room that is left. Too little room gets no bar.
func (s state) withBar(width int, before, after string) string {
	cells := min(maxBar, width-runewidth.StringWidth(before+"[] "+after))
	if cells < minBar {
		return before + after
	}
	e := s.verdict.Endpoints
	ended := cells * (e.Total - e.Pending) / max(1, e.Total)
	done := strings.Repeat("=", ended)
	if ended > 0 && ended < cells {
		done = done[1:] + ">"
	}
	return before + "[" + done + strings.Repeat("-", cells-ended) + "] " + after
}

// unknown names the statuses that are not known, and counts their endpoints.
func unknown(v handler.Verdict) (named, counted string) {
	if len(v.UnknownStatuses) == 0 {
		return "", ""
	}
	n := v.Statuses[otherStatus]
	for _, status := range v.UnknownStatuses {
		n += v.Statuses[status]
	}
	return " · unknown: " + strings.Join(v.UnknownStatuses, ", "), fmt.Sprintf(" · %d unknown", n)
}

const unreachable = "unreachable: "

// causeOf is why a check gave no verdict, in short. Of a failed connection it is the innermost reason.
func causeOf(err error) string {
	call, ok := errors.AsType[*xdr.Error](err)
	switch {
	case ok && call.Kind == xdr.Refused:
		return fmt.Sprintf("answered %d: %s", call.StatusCode, cmp.Or(call.Message, call.Extra, "no reason given"))
	case ok && call.Kind == xdr.NoAnswer:
		reason := strings.TrimSuffix(call.Err.Error(), ": context deadline exceeded")
		who := unreachable
		if strings.HasPrefix(reason, "proxyconnect") {
			who = "proxy " + unreachable
		}
		return who + strings.TrimSpace(reason[strings.LastIndex(reason, ": ")+1:])
	}
	return messageOf(err)
}
