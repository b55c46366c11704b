package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// file gives the text of a secret, in place of Secrets Manager.
type file func() ([]byte, error)

// openFile takes a regular file, which is read anew each time so that a new key is noticed, or anything else, such as
// a pipe, which gives its text once and is read here.
func openFile(ctx context.Context, path string) (file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("--credentials: %w", err)
	}
	read := func() ([]byte, error) { return readFile(path) }
	if info.Mode().IsRegular() {
		return read, nil
	}
	raw, err := interruptible(ctx, read)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("--credentials: interrupted before %s could be read", path)
	}
	return func() ([]byte, error) { return raw, err }, nil
}

// interruptible leaves a read that no context reaches when ctx ends.
func interruptible(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var raw []byte
	var err error
	came := make(chan struct{})
	go func() {
		raw, err = read()
		close(came)
	}()
	select {
	case <-came:
		return raw, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// maxSecret is the most that Secrets Manager keeps. What is longer is no secret, and a wrong path may be endless.
const maxSecret = 64 << 10

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the user's own file
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return io.ReadAll(io.LimitReader(f, maxSecret))
}

// GetSecretValue answers as Secrets Manager does. The version changes with the text.
func (f file) GetSecretValue(
	context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	raw, err := f()
	if err != nil {
		return nil, fileError{err}
	}
	sum := sha256.Sum256(raw)
	version := hex.EncodeToString(sum[:])
	return &secretsmanager.GetSecretValueOutput{SecretBinary: raw, VersionId: &version}, nil
}

// fileError has a code, as the errors of AWS have: it is an answer, not an outage.
type fileError struct{ error }

func (fileError) ErrorCode() string { return "FileError" }
