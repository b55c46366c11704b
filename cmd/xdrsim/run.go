package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// run serves until ctx ends or a signal ends it, and returns the exit code. A signal on hup rotates the API key.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, hup <-chan os.Signal) int {
	c, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "xdrsim:", err)
		return 2
	case c.list:
		err = list(stdout)
	default:
		err = serve(ctx, c, stdout, stderr, hup)
	}
	if err != nil {
		fmt.Fprintln(stderr, "xdrsim:", err)
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
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := c.listen(ctx, sim)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := c.greet(stdout, stderr, sim); err != nil {
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

// listen also tells the simulator its address.
func (c config) listen(ctx context.Context, sim *xdrtest.Sim) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.addr)
	if err != nil {
		return nil, err
	}
	addr := listener.Addr().String()
	if c.tls == "" {
		sim.SetURL("http://" + addr)
		return listener, nil
	}
	sim.SetURL("https://" + addr)
	host, _, _ := net.SplitHostPort(addr) // the kernel's own form
	ca := xdrtest.NewAuthority("xdrsim")
	certificate := ca.Issue(time.Now().Add(24*time.Hour), host, "localhost", "api-localhost")
	listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err := os.WriteFile(c.tls, ca.PEM(), 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// exampleID is the action of README's examples. The scenario for any other id answers for it.
const exampleID = 22519813685366

// greet prints what the step and the AWS SDK need, for a shell, and a command that waits for an action, for a person.
func (c config) greet(stdout, stderr io.Writer, sim *xdrtest.Sim) error {
	aws := []string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + sim.URL(),
		"AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=simulated",
		"AWS_SECRET_ACCESS_KEY=simulated",
	}
	if c.tls != "" {
		file, err := filepath.Abs(c.tls)
		if err != nil {
			return err
		}
		file = "'" + strings.ReplaceAll(file, "'", `'\''`) + "'"
		aws = append(aws, "SSL_CERT_FILE="+file, "AWS_CA_BUNDLE="+file) // the AWS SDK prefers the latter
	}
	env := []string{"XDR_SECRET_ID=xdr/sim", "XDR_TENANT_SECRET_PREFIX=xdr/tenant-", "XDR_ALLOWED_ORIGINS=" + sim.URL()}
	if c.printKey {
		env = append(env, "XDR_API_URL="+sim.APIURL(), "XDR_API_KEY_ID="+xdrtest.KeyID, "XDR_API_KEY="+sim.Key())
	}
	id := c.sim.Scenarios[0].GroupActionID
	if slices.ContainsFunc(c.sim.Scenarios, func(s xdrtest.Scenario) bool { return s.GroupActionID == 0 }) {
		id = exampleID
	}
	fmt.Fprintf(stderr, "In this folder, in another terminal:\n\n"+
		"%s go run ./cmd/xdrwait --secret-id xdr/sim --allow-origin %s %d\n\n", strings.Join(aws, " "), sim.URL(), id)
	_, err := fmt.Fprintf(stdout, "export %s\n", strings.Join(append(env, aws...), "\nexport "))
	return err
}

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
		fmt.Fprintf(t, "%s\t%s\t%s\n", name, id, s.Description)
	}
	return t.Flush() // with the error of an earlier write
}
