package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net/netip"
	"net/url"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

type config struct {
	addr      string
	tls       string // where the certificate is written; "" for plain HTTP
	list      bool
	printKey  bool
	scenarios []string
	sim       xdrtest.Options
}

const usage = `Usage: xdrsim [flags]

Serves a simulated Cortex XDR tenant, and Secrets Manager with its API key. Prints the environment that points the step
at both, and a command that waits for an action there. While it runs:

  kill -HUP PID, or curl -X POST URL/_sim/rotate   replaces the API key, in the secret too
  curl -X POST URL/_sim/revoke                     replaces the API key, but not in the secret
  curl URL/_sim/requests                           lists the requests

A scenario is a file such as

  {"description": "fails at first", "agents": [{"count": 3, "timeline": [{"at": 0, "status": "PENDING"}]}],
   "faults": [{"from": 1, "to": 2, "status": 503}]}

A fault hits the requests numbered "from" to "to"; without "from", all. It may have: status, body, content_type,
delay_seconds, reset, gzip, pad_bytes, cut_after_bytes, retry_after ("7" or "date+7"), date ("date-900": a slow clock).

`

func parseFlags(args []string, stderr io.Writer) (config, error) {
	c := config{sim: xdrtest.Options{
		SecretID:      "xdr/sim",
		SecretAliases: []string{"xdr/tenant-acme"},
	}}
	f := flag.NewFlagSet("xdrsim", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&c.addr, "addr", "127.0.0.1:0", "loopback `address` to listen on; port 0 takes a free one")
	f.StringVar(&c.tls, "tls", "", "serve HTTPS, for a day, and write the certificate to trust to this `file`;\n"+
		"it is good for the address, localhost and api-localhost")
	f.BoolVar(&c.printKey, "print-key", false, "print the API key too, for programs that do not read Secrets Manager")
	strict := f.Bool("strict", false, "refuse what tenants may take: a used nonce, JSON without a Content-Type")
	f.BoolVar(&c.list, "list", false, "list the embedded scenarios and exit")
	f.Func("scenario", "`name` of an embedded scenario or path of a .json file; may be repeated\n"+
		"(default: each embedded one under its id; any other id plays the scenario mixed)", func(v string) error {
		c.scenarios = append(c.scenarios, v)
		return nil
	})
	f.Float64Var(&c.sim.Speed, "speed", 1, "`seconds` of the scenario in a real second")
	f.StringVar(&c.sim.SecurityLevel, "security-level", "advanced", "`level` of the API key: advanced or standard")
	f.StringVar(&c.sim.BasePath, "base-path", "", "`prefix` of the API's paths, such as /tenant")
	f.IntVar(&c.sim.RateLimit, "rate-limit", 10, "API `requests` a second; negative for no limit")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	c.sim.Lenient = !*strict
	if f.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return c, c.check()
}

// check keeps the simulator, which gives its secret to everyone, off the network. A name is not looked up: it could
// mean another address later.
func (c config) check() error {
	path, err := url.Parse(c.sim.BasePath)
	address, _ := netip.ParseAddrPort(c.addr) // zero, and no loopback, if it is something else
	switch {
	case math.IsNaN(c.sim.Speed), math.IsInf(c.sim.Speed, 0), c.sim.Speed <= 0:
		return fmt.Errorf("-speed: expected a number above 0, got %v", c.sim.Speed)
	case c.sim.RateLimit == 0:
		return errors.New("-rate-limit: expected 1 or more, or a negative number for no limit")
	case c.sim.SecurityLevel != "advanced" && c.sim.SecurityLevel != "standard":
		return fmt.Errorf("-security-level: expected advanced or standard, got %q", c.sim.SecurityLevel)
	case err != nil, path.Path != c.sim.BasePath, path.Path != "" && path.Path[0] != '/': // or a query, a host
		return fmt.Errorf("-base-path: expected a path that begins with /, got %q", c.sim.BasePath)
	case !address.Addr().IsLoopback():
		return fmt.Errorf("-addr: expected HOST:PORT with a loopback address, such as 127.0.0.1:0, got %q", c.addr)
	}
	return nil
}

func load(names []string) ([]xdrtest.Scenario, error) {
	if len(names) == 0 {
		names = xdrtest.Names()
	}
	scenarios := make([]xdrtest.Scenario, len(names))
	byID := map[int64]string{}
	for i, name := range names {
		s, err := xdrtest.Load(name)
		if err != nil {
			return nil, err
		}
		if other, ok := byID[s.GroupActionID]; ok {
			return nil, fmt.Errorf("scenarios %s and %s have the same group_action_id %d", other, name, s.GroupActionID)
		}
		byID[s.GroupActionID] = name
		scenarios[i] = s
	}
	return scenarios, nil
}
