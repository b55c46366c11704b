package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// What a command line ends with, and what it says. Without a verdict nothing is on standard output.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	broken := inFile(t, `{"description": "x", "faults": [{"status": 503}]}`)
	denied := inFile(t, `{"description": "x", "faults": [{"status": 403}]}`)
	many := inFile(t, `{"description": "x", "agents": [{"count": 250, "timeline": [{"at": 0, "status": "FAILED"}]}]}`)
	slow := inFile(t, `{"description": "x", "faults": [{"status": 429, "retry_after": "120"}]}`)
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--simulate done --speed 0.1", 0, "done (all_succeeded) after 0s: 5 endpoints, 5 succeeded, 0 failed, 0 pending\n"},
		{"--simulate failed 7", 1, "failed  bd19836ddb62c11c55ab251ccaca5645  FAILED  Element not found.\n"},
		{"--simulate offline --min-success 80 --settle certain", 0, "done (enough_succeeded)"},
		{"--simulate pending --timeout 30m --speed 1000", 1, "failed (deadline_exceeded) after "},
		{"--simulate done --timeout 168h --speed 10000", 0, "done"},
		{"--simulate done --expect x --timeout 5s --speed 1000", 1, "1 pending\n  still pending: 1 missing\n  pending  x\n"},
		{"--simulate pending --timeout 5s --speed 1000", 1, "1 pending\n  still pending: 1 IN_PROGRESS\n  failed  "},
		{"--simulate partial --partial pending --timeout 5s --speed 1000", 1, "  still pending: 1 COMPLETED_PARTIAL\n"},
		{"--simulate unknown_status --timeout 5s --speed 1000", 1, "  still pending: 1 of unknown status " +
			"COMPLETED_SUCCESSFULLY_WITH_EXCEPTIONS, 1 of unknown status SUCCEEDED\n  pending  "},
		{"--simulate unknown_status --timeout 5s --output json", 1, ", 1 of unknown status SUCCEEDED); next check in "},
		{"--simulate unknown_status --timeout 5s --speed 1000 --output csv 7", 1, `,"unknown: COMPLETED_SUCCESSFULLY_WITH_EXCEPTIONS, SUCCEEDED"`},
		{"--simulate empty --speed 1000", 1, "no endpoints\n  the API names no endpoint of this action: are the id and"},
		{"secret create s  7 advanced", 64, "LEVEL, none of them empty"},
		{"--simulate errors --speed 1000", 0, "  XDR.Throttled: "},
		{"--simulate done --speed 0.1 1 2", 0, "action 1: done (all_succeeded) after 0s: 5 endpoints"},
		{"--simulate done --output csv 7", 0, ",note\n7,done,all_succeeded,5,5,0,0,,,,\n"},
		{"--simulate " + many + " --output csv 1 2", 1, "2,failed,endpoints_failed,250,0,250,0,,,,cut: 100 of 250 failed and 0 of 0 pending "},
		{"--simulate " + many, 1, "  … cut: 100 of 250 failed and 0 of 0 pending endpoints are listed\n"},
		{"--simulate failed --output csv 7", 1, ",,,,,6e1fcd704528ad8bf6d6bbedb9210096,failed,FAILED,missing file: "},
		{"secret create s URL 7 advanced --kms-key-id=", 64, "--kms-key-id: expected a value, got nothing"},
		{"--simulate done --expect= 7", 64, "--expect: expected a value, got nothing"},
		{"--help", 0, "--settle all|certain "},
		{"help secret", 0, "check       Check whether"},
		{"--version", 0, "xdrwait version "},

		{"__complete secret ", 0, "check\t"},
		{"__complete secret create --untr", 0, "--untried"},
		{"__complete --output ", 0, "table\njson\ncsv\n"},
		{"__complete --settle ", 0, "all\ncertain\n"},
		{"__complete --partial ", 0, "failed\ndone\npending\n"},
		{"__complete --simulate ", 0, "all_statuses\ndone\n"},

		{"--simulate " + broken + " --timeout 10s --speed 1000", 2,
			"xdrwait: XDR.TimedOut: XDR.Unavailable: group_action_id 22519813685366: Cortex XDR answered 503"},
		{"--simulate " + slow + " --timeout 3m --speed 1000", 2,
			"; retry after 2m0s; the deadline, 3m0s after started_at, has passed\n"},
		{"--simulate " + denied, 2, "XDR.Unauthorized"},
		{"--credentials nowhere.json 7", 2, "--credentials: stat nowhere.json"},
		{"--credentials " + inFile(t, strings.ReplaceAll(goodSecret, "URL", "https://h.example")) + " 7", 2, "is not allowed by --allow-origin (["},
		{"--simulate " + denied + " --output csv 7", 2, "\n7,,,,,,,,,,XDR.Unauthorized: "},

		{"--simulate done 1 2 y", 64, "xdrwait: GROUP_ACTION_ID: expected an integer from 1 to 9223372036854775807, " +
			"or a string of its digits, got \"y\"\nTry xdrwait --help.\n"},
		{"--simulate done 1 ", 64, `got ""` + "\nTry xdrwait --help."},
		{"--simulate done --partial x", 64, `xdrwait: --partial: expected "failed", "done" or "pending", got "x"`},
		{"--simulate done --settle x", 64, `xdrwait: --settle: expected "all" or "certain", got "x"`},
		{"--simulate done --min-success 101", 64, "xdrwait: --min-success: expected an integer from 1 to 100, got 101"},
		{"--simulate done --expect -", 64, `xdrwait: --expect: expected a list of non-empty agent ids, got ["-"]`},
		{"--simulate done --expect " + strings.Repeat("x", 200<<10), 64, " bytes, previous not counted: expected at most 204800\n"},
		{"--simulate done --timeout 30", 64, `--timeout: expected a duration such as 30s, 10m or 72h, got "30"`},
		{"--simulate done --min-success x", 64, `--min-success: expected an integer from 1 to 100, got "x"`},
		{"--simulate done --speed x", 64, `--speed: expected a number from 0.001 to 10000, got "x"`},
		{"--simulate done --expect \"", 64, `--expect: expected a list with commas, such as a,b, got "\""`},
		{"secret create --untried=x", 64, `--untried: expected true or false, got "x"`},
		{"--secret-id s", 64, "expected at least one GROUP_ACTION_ID"},
		{"7", 64, "expected exactly one of --secret-id, --credentials or --simulate"},
		{"--simulate done --secret-id s", 64, "expected exactly one of"},
		{"--nope", 64, "unknown flag: --nope"},
		{"--simulate done --output xml", 64, `--output: expected table, json or csv, got "xml"`},
		{"--simulate done --speed NaN", 64, "--speed: expected a number from 0.001 to 10000, got NaN"},
		{"--simulate done --speed 0.000999", 64, "--speed"},
		{"--simulate done --speed 10001", 64, "--speed"},
		{"--simulate done --timeout 999ms", 64, "--timeout: expected 1s to 168h, got 999ms"},
		{"--simulate done --timeout 168h0m1s", 64, "--timeout"},
		{"--credentials f --allow-origin h/p 7", 64, `--allow-origin: "h/p": expected [https://][*.]host[:port]`},
		{"--simulate nope", 64, "one of all_statuses, done"},
		{"secret", 64, "expected a command: check, create\nTry xdrwait secret --help."},
		{"secret chek", 64, "xdrwait: unknown command \"chek\" for \"xdrwait secret\"\nTry xdrwait secret --help."},
		{"secert check", 64, `unknown command "secert"`},
		{"help chek", 64, `unknown command "chek"`},
		{"help secret chek", 64, `unknown command "chek"`},
		{"completion", 64, "expected a command: bash, fish, powershell, zsh"},
		{"secret check", 64, "expected exactly one of --secret-id or --credentials"},
		{"secret check --secret-id s --credentials f", 64, "expected exactly one of --secret-id or --credentials"},
		{"secret check x", 64, `unknown command "x" for "xdrwait secret check"`},
		{"secret create a b 7", 64, "the key is asked for\nTry xdrwait secret create --help."},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t, strings.Split(c.args, " ")...)
			answered := code <= exitFailed || strings.Contains(c.args, "csv")
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

// No cell of the CSV is a formula to a spreadsheet, whatever the API writes.
func TestCSVHasNoFormulas(t *testing.T) {
	t.Parallel()
	for _, begin := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
		if got := cell(begin + "1"); got != "'"+begin+"1" {
			t.Errorf("got %q", got)
		}
	}
	v := handler.Verdict{Outcome: handler.Failed, PendingEndpoints: []string{"=1"}}
	v.FailedEndpoints = []handler.FailedEndpoint{{AgentID: "=1", Status: "=2", Error: "=3"}, {Error: "1 = 1"}}
	var out bytes.Buffer
	must(t, printCSV(&out, []state{{id: "7", verdict: &v}}))
	const want = "7,failed,,0,0,0,0,,,,\n7,failed,,,,,,'=1,failed,'=2,'=3\n7,failed,,,,,,,failed,,1 = 1\n7,failed,,,,,,'=1,pending,,\n"
	if _, got, _ := strings.Cut(out.String(), "note\n"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
