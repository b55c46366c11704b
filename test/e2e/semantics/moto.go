package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/soarstep/xdr-action-status/test/e2e/semantics/front"
)

// moto is the server of the Python package moto, whose interpreter is LocalStack's.
type moto struct {
	url     string
	release string
	cmd     *exec.Cmd
	log     *os.File

	mu       sync.Mutex
	machines map[string]string // ARN by definition
}

// startMoto runs a server whose interpreter looks for AWS at the front: it asks its environment for the port.
func startMoto(ctx context.Context, python, logFile string, f *front.Front) (*moto, error) {
	release, err := exec.CommandContext(ctx, python, "-c", "import moto; print(moto.__version__, end='')").Output() //nolint:gosec // the script names it
	if err != nil {
		return nil, fmt.Errorf("moto: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	m := &moto{url: "http://127.0.0.1:" + port, release: string(release), machines: map[string]string{}}
	if m.log, err = os.Create(logFile); err != nil { //nolint:gosec // a flag names it
		return nil, err
	}
	m.cmd = exec.CommandContext(ctx, python, "-m", "moto.server", "-H", "127.0.0.1", "-p", port) //nolint:gosec // the script names it
	m.cmd.Env = append(os.Environ(), "MOTO_PORT="+f.Port())
	m.cmd.Stdout, m.cmd.Stderr = m.log, m.log
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	if err := m.configure(ctx); err != nil {
		m.close()
		return nil, fmt.Errorf("moto: %w; see %s", err, logFile)
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
	var err error
	for range 300 {
		if err = m.post(ctx, "/moto-api/config", "", map[string]any{"stepfunctions": map[string]any{"execute_state_machine": true}}, nil); err == nil {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return err
}

func (m *moto) name() string    { return "moto" }
func (m *moto) version() string { return m.release }

func (m *moto) close() {
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	_ = m.log.Close()
}

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
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0")
	}
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
		return refusal(answer)
	case output == nil:
		return nil
	}
	return json.Unmarshal(answer, output)
}

func refusal(body []byte) error {
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &e) != nil {
		return errors.New(string(body))
	}
	return errors.New(e.Type + ": " + e.Message)
}
