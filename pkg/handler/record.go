package handler

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// record gathers what the one log line of a check says.
type record struct {
	request    request
	cold       bool // the first check of this process
	freshness  freshness
	secretTime time.Duration
	apiTime    time.Duration
	apiCalls   int
	remark     string // what the API says beside the statuses, or in their place
}

// write logs a verdict at info level, and an error at error level. A verdict is a warning where it rests on a stale
// secret, on unknown statuses, or on a reply with an error text beside the statuses. Texts that are empty are left out.
func (r *record) write(ctx context.Context, log *slog.Logger, v Verdict, err error) {
	attrs := append(make([]slog.Attr, 0, 20),
		slog.Int64("group_action_id", r.request.id),
		text("tenant", r.request.tenant),
		text("execution", r.request.execution),
		slog.Bool("cold_start", r.cold),
		text("secret", string(r.freshness)),
		slog.Int64("secret_ms", r.secretTime.Milliseconds()),
		slog.Int64("api_ms", r.apiTime.Milliseconds()),
		slog.Int("api_calls", r.apiCalls),
	)
	level := slog.LevelInfo
	message := "check"
	if failure, ok := errors.AsType[*Error](err); ok {
		level = slog.LevelError
		message = "check failed"
		attrs = append(attrs,
			text("error_name", string(failure.Name)), text("error", failure.Text()), text("stack", failure.stack))
	} else {
		if r.freshness == stale || r.remark != "" || len(v.UnknownStatuses) > 0 {
			level = slog.LevelWarn
		}
		attrs = append(v.appendTo(attrs), text("remark", r.remark))
	}
	log.LogAttrs(ctx, level, message, attrs...)
}

func (v Verdict) appendTo(attrs []slog.Attr) []slog.Attr {
	if len(v.UnknownStatuses) > 0 {
		attrs = append(attrs, slog.Any("unknown_statuses", v.UnknownStatuses))
	}
	e := v.Endpoints
	return append(attrs,
		text("verdict", string(v.Outcome)),
		text("reason", string(v.Reason)),
		slog.Int("wait_seconds", v.WaitSeconds),
		slog.Int64("elapsed_seconds", v.ElapsedSeconds),
		slog.GroupAttrs("endpoints",
			slog.Int("total", e.Total), slog.Int("succeeded", e.Succeeded), slog.Int("partial", e.Partial),
			slog.Int("failed", e.Failed), slog.Int("pending", e.Pending),
			slog.Int("missing", e.Missing), slog.Int("seen", e.Seen)),
	)
}

// text is an attribute that a log leaves out where it is empty.
func text(key, value string) slog.Attr {
	if value == "" {
		return slog.Attr{}
	}
	return slog.String(key, value)
}
