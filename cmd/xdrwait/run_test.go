package main

import (
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

// What a command line ends with, and what it says. Without a verdict nothing is on standard output.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	down := inFile(t, `{"description": "x", "faults": [{"status": 503}]}`)
	refused := inFile(t, `{"description": "x", "faults": [{"status": 403}]}`)
	slow := inFile(t, `{"description": "x", "faults": [{"status": 429, "retry_after": "120"}]}`)
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--simulate done --speed 0.1", 0, "done (all_succeeded) after 0s: 5 endpoints, 5 succeeded, 0 failed, 0 pending\n"},
		{"--simulate failed 7", 1, "failed  bd19836ddb62c11c55ab251ccaca5645  FAILED  Element not found.\n"},
		{"--simulate partial --partial done", 0, "done"},
		{"--simulate offline --min-success 80 --settle certain", 0, "done (enough_succeeded)"},
		{"--simulate pending --timeout 1m --speed 200", 1, "; next check in "},
		{"--simulate pending --timeout 30m --speed 1000", 1, "failed (deadline_exceeded) after 30m"},
		{"--simulate done --timeout 168h --speed 10000", 0, "done"},
		{"--simulate done --expect x --timeout 5s --speed 1000", 1, "1 pending (1 missing)\n  pending  x\n"},
		{"--simulate unknown_status --timeout 5s --speed 1000", 1, "; unknown statuses: COMPLETED_SUCCESSFULLY_WITH_"},
		{"--simulate errors --speed 1000", 0, "  XDR.Throttled: "},
		{"--simulate done --speed 0.1 1 2", 0, "action 1: done (all_succeeded) after 0s: 5 endpoints"},
		{"--simulate done 1 2", 0, "  2  done: 5 endpoints"},
		{"--simulate failed --output csv 7", 1, "7,failed,6e1fcd704528ad8bf6d6bbedb9210096,failed,FAILED,missing file: "},
		{"--simulate pending --output csv --timeout 5s --speed 1000 7", 1, ",7bc3ca68769437ce986455407dab2a1f,pending,,\n"},
		{"--help", 0, "Exit code: 0 done, 1 failed, 2 could not find out, 64 wrong usage;"},
		{"--version", 0, "xdrwait version "},
		{"secret check --help", 0, "Exit code: 0 all is well"},
		{"secret create --help", 0, "Exit code: 0 the secret is written"},

		{"--simulate " + down + " --timeout 10s --speed 1000", 2,
			"xdrwait: XDR.TimedOut: XDR.Unavailable: group_action_id 22519813685366: Cortex XDR answered 503"},
		{"--simulate " + slow + " --timeout 3m --speed 1000", 2,
			"; retry after 2m0s; the deadline, 3m0s after started_at, has passed\n"},
		{"--simulate " + refused, 2, "XDR.Unauthorized"},
		{"--credentials nowhere.json 7", 2, "--credentials: stat nowhere.json"},
		{"--credentials . 7", 2, "XDR.CredentialsInvalid"},

		{"--simulate done 1 2 y", 64, "xdrwait: XDR.InvalidRequest: group_action_id: expected an integer from 1 to " +
			"9223372036854775807, or a string of its digits, got \"y\"\nTry xdrwait --help.\n"},
		{"--simulate done --partial x", 64, `policy.partial: expected "failed", "done" or "pending"`},
		{"--secret-id s", 64, "expected at least one GROUP_ACTION_ID"},
		{"7", 64, "expected exactly one of --secret-id, --credentials or --simulate"},
		{"--simulate done --secret-id s", 64, "expected exactly one of"},
		{"--nope", 64, "unknown flag: --nope"},
		{"--simulate done --output xml", 64, `--output: expected table, json or csv, got "xml"`},
		{"--simulate done --speed NaN", 64, "--speed: expected a number from 0.001 to 10000, got NaN"},
		{"--simulate done --speed -1", 64, "--speed"},
		{"--simulate done --speed 0.000999", 64, "--speed"},
		{"--simulate done --speed 10001", 64, "--speed"},
		{"--simulate done --timeout 999ms", 64, "--timeout: expected 1s to 168h, got 999ms"},
		{"--simulate done --timeout 168h0m1s", 64, "--timeout"},
		{"--credentials f --allow-origin h/p 7", 64, `--allow-origin: "h/p": expected [https://][*.]host[:port]`},
		{"--simulate nope", 64, "one of all_statuses, done"},
		{"secret", 64, "secret: expected create or check\nTry xdrwait secret --help."},
		{"secret chek", 64, "expected create or check"},
		{"secret check", 64, "expected exactly one of --secret-id or --credentials"},
		{"secret check x", 64, "expected no arguments, got 1"},
		{"secret create a b 7", 64, "the key is asked for), got 3\nTry xdrwait secret create --help."},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t, strings.Fields(c.args)...)
			answered := code <= exitFailed
			if code != c.code || !strings.Contains(stdout+stderr, c.says) || (stdout != "") != answered {
				t.Errorf("exit code %d, want %d\nstdout %s\nstderr %s", code, c.code, stdout, stderr)
			}
			if strings.ContainsAny(stdout+stderr, "\x1b\r") {
				t.Errorf("control characters where there is no terminal: %q %q", stdout, stderr)
			}
		})
	}
}

// A wait is not a stream: standard output is the final verdict alone.
func TestOutputJSON(t *testing.T) {
	t.Parallel()
	code, stdout, _ := command(t, "--simulate", "mixed", "--speed", "200", "--output", "json", "22519813685399")
	if err := schematest.Validate("verdict", []byte(stdout)); code != exitFailed || err != nil ||
		!strings.Contains(stdout, `"total": 24,`) || !strings.Contains(stdout, `"group_action_id": "22519813685399"`) {
		t.Errorf("exit code %d, %v: %s", code, err, stdout)
	}
}
