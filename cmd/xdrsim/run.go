package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// run serves until ctx ends, and returns the exit code. A signal on hup rotates the API key.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, hup <-chan os.Signal) int {
	c, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "xdrsim:", err)
		return 2
	case c.list:
		err = list(stdout)
	default:
		err = serve(ctx, c, stdout, stderr, hup)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "xdrsim:", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, c config, stdout, stderr io.Writer, hup <-chan os.Signal) error {
	var err error
	if c.sim.Scenarios, err = load(c.scenarios); err != nil {
		return err
	}
	c.sim.Log = slog.New(slog.NewTextHandler(stderr, nil))
	sim := xdrtest.New(c.sim)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.addr)
	if err != nil {
		return err
	}
	sim.SetURL("http://" + listener.Addr().String())
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := printEnv(stdout, sim.URL()); err != nil {
		return errors.Join(err, server.Close())
	}
	for {
		select {
		case <-hup:
			sim.Rotate()
			c.sim.Log.Info("key rotated")
		case <-ctx.Done():
			return server.Close()
		case err := <-served:
			return err
		}
	}
}

// printEnv prints what the step and the AWS SDK need to find the simulator, for a shell to read.
func printEnv(w io.Writer, url string) error {
	_, err := fmt.Fprintf(w, `export XDR_SECRET_ID=xdr/sim
export XDR_TENANT_SECRET_PREFIX=xdr/tenant-
export XDR_ALLOWED_ORIGINS=%[1]s
export AWS_ENDPOINT_URL_SECRETS_MANAGER=%[1]s
export AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=simulated
export AWS_SECRET_ACCESS_KEY=simulated
`, url)
	return err
}

// list prints the embedded scenarios.
func list(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range xdrtest.Names() {
		s, err := xdrtest.Load(name)
		if err != nil {
			return err
		}
		id := "any other id"
		if s.GroupActionID != 0 {
			id = strconv.FormatInt(s.GroupActionID, 10)
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", name, id, s.Description)
	}
	return t.Flush() // with the error of an earlier write
}
