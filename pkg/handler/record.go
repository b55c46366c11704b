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
	remark     string // the API's error text beside the statuses
}

// write logs a verdict at info level, and an error at error level. A verdict is a warning where it rests on a stale
// secret, on unknown statuses, or on a reply with an error text beside the statuses.
func (r *record) write(ctx context.Context, log *slog.Logger, v Verdict, err error) {
	attrs := append(make([]slog.Attr, 0, 20),
		slog.Int64("group_action_id", r.request.id),
		slog.String("tenant", r.request.tenant),
		slog.String("execution", r.request.execution),
		slog.Bool("cold_start", r.cold),
		slog.String("secret", string(r.freshness)),
		slog.Float64("secret_ms", milliseconds(r.secretTime)),
		slog.Float64("api_ms", milliseconds(r.apiTime)),
		slog.Int("api_calls", r.apiCalls),
	)
	if failure, ok := errors.AsType[*Error](err); ok {
		attrs = append(attrs, slog.String("error_name", string(failure.Name)), slog.String("error", failure.Text()))
		if failure.stack != "" {
			attrs = append(attrs, slog.String("stack", failure.stack))
		}
		log.LogAttrs(ctx, slog.LevelError, "check failed", attrs...)
		return
	}
	level := slog.LevelInfo
	if r.freshness == stale {
		level = slog.LevelWarn
	}
	if len(v.UnknownStatuses) > 0 {
		level = slog.LevelWarn
		attrs = append(attrs, slog.Any("unknown_statuses", v.UnknownStatuses))
	}
	if r.remark != "" {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("remark", r.remark))
	}
	e := v.Endpoints
	log.LogAttrs(ctx, level, "check", append(attrs,
		slog.String("verdict", string(v.Outcome)),
		slog.String("reason", string(v.Reason)),
		slog.Int("wait_seconds", v.WaitSeconds),
		slog.Int64("elapsed_seconds", v.ElapsedSeconds),
		slog.GroupAttrs("endpoints",
			slog.Int("total", e.Total), slog.Int("succeeded", e.Succeeded), slog.Int("partial", e.Partial),
			slog.Int("failed", e.Failed), slog.Int("pending", e.Pending),
			slog.Int("missing", e.Missing), slog.Int("seen", e.Seen)),
	)...)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
