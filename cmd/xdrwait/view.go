package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// view is what the live line of a wait shows.
type view struct {
	id      string
	verdict *handler.Verdict // the last one; nil before the first
	cause   string           // why the last check gave none
	next    time.Duration    // until the next check; 0 while it goes on
}

// Sizes of a live line's parts, in columns. bar marks its place in a form.
const (
	bar      = "\t"
	minBar   = 5
	maxBar   = 24
	minCause = 32
)

// fit draws the longest form that fits into that many columns. The bar gets the room that is left.
func (v view) fit(width int) string {
	forms := v.forms(width)
	for _, form := range forms {
		before, after, hasBar := strings.Cut(form, bar)
		room := width - runewidth.StringWidth(before+after)
		switch cells := min(maxBar, room-len(" [] ")); {
		case hasBar && cells >= minBar:
			return before + drawBar(v.verdict.Endpoints, cells) + after
		case hasBar && room > 0:
			return before + " " + after
		case !hasBar && room >= 0:
			return form
		}
	}
	return runewidth.Truncate(forms[len(forms)-1], width, "…")
}

// forms are the ways to write the line, the longest first. On trouble the cause leads and stays to the last, else the
// counts do.
func (v view) forms(width int) []string {
	id := v.id + " "
	tail := id
	if n := len(v.id); n > 5 {
		tail = "…" + v.id[n-4:] + " " // it tells actions apart
	}
	next := "now"
	if v.next > 0 {
		next = fmt.Sprintf("%ds", int64((v.next+time.Second-1)/time.Second))
	}
	all := v.counts("%d ok %d failed %d pending")
	few := v.counts("%d ok %d fail %d pend")
	switch {
	case v.cause != "":
		retry := " · retry " + next
		cause := runewidth.Truncate(v.cause, max(minCause, width-runewidth.StringWidth(id+retry)), "…")
		return []string{
			id + cause + retry + " · " + all, id + cause + retry + " · " + few, id + cause + retry, tail + cause + retry,
			cause + retry, tail + cause, cause, strings.TrimPrefix(v.cause, unreachable),
		}
	case v.verdict == nil:
		return []string{id + "asking", tail + "asking", "asking"}
	case v.verdict.Outcome != handler.Pending:
		next = string(v.verdict.Outcome)
	}
	bare := v.counts("%d/%d/%d")
	named, odd := unknown(*v.verdict)
	return []string{
		v.id + bar + all + named + " · " + next, v.id + bar + all + odd + " · " + next, id + all + odd, id + few + odd,
		tail + few + odd, few + odd, tail + bare + odd, bare + odd, bare,
	}
}

// counts are those of the last verdict.
func (v view) counts(format string) string {
	if v.verdict == nil {
		return "no answer yet"
	}
	e := v.verdict.Endpoints
	return fmt.Sprintf(format, e.Succeeded, e.Failed, e.Pending)
}

// drawBar shows how many of the endpoints have ended, between spaces.
func drawBar(e handler.Endpoints, cells int) string {
	ended := cells * (e.Total - e.Pending) / max(1, e.Total)
	done := strings.Repeat("=", ended)
	if ended > 0 && ended < cells {
		done = done[1:] + ">"
	}
	return " [" + done + strings.Repeat("-", cells-ended) + "] "
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
		return unreachable + strings.TrimSpace(reason[strings.LastIndex(reason, ": ")+1:])
	}
	return messageOf(err)
}
