// Command handmade makes the same check as small as it can be: no SDK, requests signed by hand, a scanner instead of a
// JSON decoder, and none of the step's promises. It is the limit for a check in Go.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

type secret struct {
	URL   string `json:"api_url"`
	KeyID string `json:"api_key_id"`
	Key   string `json:"api_key"`
}

type function struct {
	client http.Client
	secret *secret
}

// shortcut picks a few roots from a bundle. The benchmark may build the step's own in.
var shortcut func(bundle string) *x509.CertPool

func main() {
	t := &http.Transport{}
	if shortcut != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: shortcut(os.Getenv("SSL_CERT_FILE"))}
	}
	lambda.Start(&function{client: http.Client{Transport: t}})
}

func (f *function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	if f.secret == nil {
		f.secret = f.readSecret(ctx)
	}
	id := bytes.Trim(event[bytes.IndexByte(event, ':')+1:], " }")
	body := f.post(ctx, f.secret.URL+"/public_api/v1/actions/get_action_status",
		`{"request_data":{"group_action_id":`+string(id)+`}}`, f.sign)
	defer body.Close()
	total, counts := scan(bufio.NewReader(body))
	verdict := "done"
	if counts["PENDING"]+counts["IN_PROGRESS"] > 0 {
		verdict = "pending"
	}
	return fmt.Appendf(nil, `{"verdict":%q,"total":%d,"statuses":%d}`, verdict, total, len(counts)), nil
}

// scan counts the statuses of {"reply":{"data":{"id":"STATUS",…}}}.
func scan(r *bufio.Reader) (total int, counts map[string]int) {
	names := map[string]*int{}
	quoted := func() (text []byte, ended bool) {
		before, err := r.ReadSlice('"')
		if err != nil || bytes.IndexByte(before, '}') >= 0 {
			return nil, true
		}
		text, err = r.ReadSlice('"')
		return text, err != nil
	}
	_, _ = quoted() // reply
	_, _ = quoted() // data
	for {
		if _, ended := quoted(); ended {
			break
		}
		status, ended := quoted()
		if ended {
			break
		}
		n := names[string(status)]
		if n == nil {
			n = new(int)
			names[string(status)] = n
		}
		*n++
		total++
	}
	counts = make(map[string]int, len(names))
	for name, n := range names {
		counts[strings.TrimSuffix(name, `"`)] = *n
	}
	return total, counts
}

func (f *function) sign(r *http.Request, _ string) {
	nonce := (rand.Text() + rand.Text() + rand.Text())[:64]
	timestamp := fmt.Sprint(time.Now().UnixMilli())
	sum := sha256.Sum256([]byte(f.secret.Key + nonce + timestamp))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-xdr-auth-id", f.secret.KeyID)
	r.Header.Set("x-xdr-nonce", nonce)
	r.Header.Set("x-xdr-timestamp", timestamp)
	r.Header.Set("Authorization", hex.EncodeToString(sum[:]))
}

func (f *function) readSecret(ctx context.Context) *secret {
	body := f.post(ctx, os.Getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER")+"/",
		fmt.Sprintf(`{"SecretId":%q}`, os.Getenv("XDR_SECRET_ID")), signAWS)
	defer body.Close()
	var reply struct{ SecretString string }
	must(0, json.NewDecoder(body).Decode(&reply))
	s := new(secret)
	must(0, json.Unmarshal([]byte(reply.SecretString), s))
	return s
}

// signAWS is Signature Version 4 for this one request.
func signAWS(r *http.Request, body string) {
	region := os.Getenv("AWS_REGION")
	at := time.Now().UTC().Format("20060102T150405Z")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	r.Header.Set("X-Amz-Date", at)
	r.Header.Set("X-Amz-Security-Token", os.Getenv("AWS_SESSION_TOKEN"))
	const signed = "host;x-amz-date;x-amz-security-token;x-amz-target"
	canonical := fmt.Sprintf("POST\n/\n\nhost:%s\nx-amz-date:%s\nx-amz-security-token:%s\nx-amz-target:%s\n\n%s\n%x",
		r.URL.Host, at, os.Getenv("AWS_SESSION_TOKEN"), "secretsmanager.GetSecretValue", signed, sha256.Sum256([]byte(body)))
	scope := at[:8] + "/" + region + "/secretsmanager/aws4_request"
	key := []byte("AWS4" + os.Getenv("AWS_SECRET_ACCESS_KEY"))
	toSign := fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", at, scope, sha256.Sum256([]byte(canonical)))
	for _, part := range append(strings.Split(scope, "/"), toSign) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x",
		os.Getenv("AWS_ACCESS_KEY_ID"), scope, signed, key))
}

func (f *function) post(ctx context.Context, url, body string, sign func(*http.Request, string)) io.ReadCloser {
	r := must(http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body)))
	sign(r, body)
	resp := must(f.client.Do(r))
	if resp.StatusCode != http.StatusOK {
		panic(r.URL.Host + " answered " + resp.Status)
	}
	return resp.Body
}

// must panics, which aws-lambda-go makes into an error of the function.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
