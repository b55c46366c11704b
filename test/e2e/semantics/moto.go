package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

const motoName = "moto"

// moto is the server of the Python package moto, whose interpreter is LocalStack's.
type moto struct {
	url     string
	release string

	mu       sync.Mutex
	machines map[string]string // ARN by definition
}

// startMoto runs a server whose interpreter looks for AWS at the front: it asks its environment for the port.
func startMoto(ctx context.Context, t *lifetime, python, logFile, frontURL string) (*moto, error) {
	release, err := exec.CommandContext(ctx, python, "-c", "import moto; print(moto.__version__, end='')").Output() //nolint:gosec // the script names it
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(logFile) //nolint:gosec // a flag names it
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = log.Close() })
	cmd := exec.CommandContext(ctx, python, "-m", "moto.server", "-H", "127.0.0.1", "-p", port) //nolint:gosec // the script names it
	cmd.Env = append(os.Environ(), "MOTO_PORT="+frontURL[strings.LastIndexByte(frontURL, ':')+1:])
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	m := &moto{url: "http://127.0.0.1:" + port, release: string(release), machines: map[string]string{}}
	if err := m.configure(ctx); err != nil {
		return nil, fmt.Errorf("%w; see %s", err, logFile)
	}
	return m, nil
}

// freePort is one that the kernel chose a moment ago; the server cannot be asked for its own choice.
func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return "", err
	}
	address, _ := listener.Addr().(*net.TCPAddr)
	return strconv.Itoa(address.Port), listener.Close()
}

// configure waits for the server and switches the interpreter on: without it, executions are only recorded.
func (m *moto) configure(ctx context.Context) error {
	on := map[string]any{"stepfunctions": map[string]any{"execute_state_machine": true}}
	var err error
	for range 300 {
		if err = m.post(ctx, "/moto-api/config", "", on, nil); err == nil {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return err
}

func (m *moto) name() string    { return motoName }
func (m *moto) version() string { return m.release }

// call makes one call of Step Functions.
func (m *moto) call(ctx context.Context, action string, input, output any) error {
	return m.post(ctx, "/", "AWSStepFunctions."+action, input, output)
}

func (m *moto) post(ctx context.Context, path, target string, input, output any) error {
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode >= 300:
		return fmt.Errorf("%s: %s", target, answer)
	case output == nil:
		return nil
	}
	return json.Unmarshal(answer, output)
}
