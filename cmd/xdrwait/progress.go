package main

import (
	"fmt"
	"io"
	"log"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// display shows waits to a person: one live line for each on a terminal, one plain line for each check elsewhere.
type display struct {
	clock clock
	out   *log.Logger   // the lines that stay, above the live ones
	live  *mpb.Progress // nil where nothing can be drawn
}

func newDisplay(w io.Writer, c clock) display {
	if !isTerminal(w) {
		return display{clock: c, out: log.New(w, "", 0)}
	}
	live := mpb.New(mpb.WithOutput(w), mpb.WithAutoRefresh())
	return display{clock: c, out: log.New(live, "\r", 0), live: live}
}

func (d display) end() {
	if d.live != nil {
		d.live.Wait()
	}
}

// line shows one wait.
type line struct {
	display

	bar *mpb.Bar // nil where nothing can be drawn

	mu    sync.Mutex
	view  view
	until time.Time // of the next check
}

func (d display) line(id string) *line {
	l := &line{display: d, view: view{id: id}}
	if d.live != nil {
		l.bar, _ = d.live.Add(0, mpb.BarFillerFunc(l.draw), mpb.BarFillerTrim()) // it fails after end only
	}
	return l
}

// draw begins at the left: what is typed, such as ^C, moves the cursor.
func (l *line) draw(w io.Writer, s decor.Statistics) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.view.next = l.until.Sub(l.clock.Now())
	_, err := io.WriteString(w, "\r"+l.view.fit(s.AvailableWidth))
	return err
}

func (l *line) check(v handler.Verdict) {
	text := fmt.Sprintf("%s: %s", v.Outcome, counts(v.Endpoints))
	if v.Endpoints.Pending > 0 {
		text += " (" + pending(v) + ")"
	}
	l.show(view{id: l.view.id, verdict: &v}, time.Duration(v.WaitSeconds)*time.Second, text)
}

func (l *line) trouble(err error, pause time.Duration) {
	l.show(view{id: l.view.id, verdict: l.view.verdict, cause: causeOf(err)}, pause, err.Error())
}

func (l *line) show(v view, pause time.Duration, text string) {
	now := l.clock.Now()
	if l.bar == nil {
		if pause > 0 {
			text += fmt.Sprintf("; next check in %v", pause.Round(time.Second))
		}
		l.out.Printf("%s  %s  %s", now.UTC().Format(time.RFC3339), v.id, text)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.view = v
	l.until = now.Add(pause)
}

// end leaves the last line, or why the wait ends without a final verdict.
func (l *line) end(err error) {
	if err != nil {
		l.out.Print("xdrwait: ", inFlags(err.Error()))
	}
	if l.bar != nil {
		l.bar.Abort(err != nil)
	}
}
