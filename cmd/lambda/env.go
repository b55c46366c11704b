package main

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// settings is the environment, read once.
type settings struct {
	step          handler.Config
	httpTimeout   time.Duration
	maxReplyBytes int64
	aws           awsSettings
}

// awsSettings are the variables that Lambda sets by itself, and those that choose the endpoint in every SDK.
type awsSettings struct {
	region, endpoint                           string
	fips                                       bool
	accessKeyID, secretAccessKey, sessionToken string
}

// readEnv takes the defaults for what is not set; a bad value is an error that names the variable.
func readEnv(lookup func(string) string) (settings, error) {
	e := env{lookup: lookup}
	d := handler.DefaultConfig()
	s := settings{
		step: handler.Config{
			SecretID:           e.text("XDR_SECRET_ID"),
			TenantSecretPrefix: e.text("XDR_TENANT_SECRET_PREFIX"),
			SecretTTL:          e.seconds("XDR_SECRET_TTL_SECONDS", d.SecretTTL, 0, mostSeconds),
			AllowedOrigins:     e.origins("XDR_ALLOWED_ORIGINS", d.AllowedOrigins),
			Timeout:            e.seconds("XDR_TIMEOUT_SECONDS", d.Timeout, 1, sevenDays),
			MinWait:            e.seconds("XDR_MIN_WAIT_SECONDS", d.MinWait, 1, mostSeconds),
			MaxWait:            e.seconds("XDR_MAX_WAIT_SECONDS", d.MaxWait, 1, mostSeconds),
			WaitFraction:       e.fraction("XDR_WAIT_FRACTION", d.WaitFraction),
			EmptyGrace:         e.seconds("XDR_EMPTY_GRACE_SECONDS", d.EmptyGrace, 0, mostSeconds),
		},
		httpTimeout:   e.seconds("XDR_HTTP_TIMEOUT_SECONDS", xdr.DefaultTimeout, 1, mostSeconds),
		maxReplyBytes: e.integer("XDR_MAX_REPLY_BYTES", xdr.DefaultMaxReplyBytes, 1, math.MaxInt64),
		aws: awsSettings{
			region:          e.text("AWS_REGION"),
			endpoint:        e.address("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
			fips:            e.boolean("AWS_USE_FIPS_ENDPOINT"),
			accessKeyID:     e.text("AWS_ACCESS_KEY_ID"),
			secretAccessKey: e.text("AWS_SECRET_ACCESS_KEY"),
			sessionToken:    e.text("AWS_SESSION_TOKEN"),
		},
	}
	e.proxy("HTTPS_PROXY")
	e.proxy("https_proxy")
	switch {
	case e.err != nil:
	case s.step.SecretID == "" && s.step.TenantSecretPrefix == "":
		e.err = errors.New("XDR_SECRET_ID: expected the name or ARN of the secret, or XDR_TENANT_SECRET_PREFIX in its place")
	case s.step.MinWait > s.step.MaxWait:
		e.err = fmt.Errorf("XDR_MIN_WAIT_SECONDS: expected at most XDR_MAX_WAIT_SECONDS (%v), got %v",
			s.step.MaxWait, s.step.MinWait)
	}
	return s, e.err
}

// env reads variables one after the other and keeps the first error. An empty variable counts as not set: a template
// cannot leave one out.
type env struct {
	lookup func(string) string
	err    error
}

func (e *env) text(name string) string {
	return strings.TrimSpace(e.lookup(name))
}

func (e *env) fail(name, want, got string) {
	if e.err == nil {
		e.err = fmt.Errorf("%s: expected %s, got %q", name, want, got)
	}
}

func (e *env) integer(name string, absent, least, most int64) int64 {
	text := e.text(name)
	if text == "" {
		return absent
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		e.fail(name, fmt.Sprintf("an integer from %d to %d", least, most), text)
	}
	return n
}

const (
	mostSeconds = 99_999_999 // the longest Wait of Step Functions
	sevenDays   = 604_800    // as for a request's timeout_seconds
)

func (e *env) seconds(name string, absent time.Duration, least, most int64) time.Duration {
	return time.Duration(e.integer(name, int64(absent/time.Second), least, most)) * time.Second
}

func (e *env) fraction(name string, absent float64) float64 {
	text := e.text(name)
	if text == "" {
		return absent
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f > 0 && f <= 1) {
		e.fail(name, "a number above 0, at most 1", text)
	}
	return f
}

func (e *env) boolean(name string) bool {
	text := e.text(name)
	if text != "" && !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
		e.fail(name, "true or false", text)
	}
	return strings.EqualFold(text, "true")
}

func (e *env) address(name string) string {
	text := e.text(name)
	if text != "" && !isAddress(text) {
		e.fail(name, "a URL such as https://vpce-0a1b2c3d-4e5f.secretsmanager.us-east-1.vpce.amazonaws.com", text)
	}
	return text
}

// proxy only checks: net/http reads the variable. It ignores a malformed one, and a connection to a silent SOCKS proxy
// outlives its check for ever.
func (e *env) proxy(name string) {
	text := e.lookup(name) // as it is: net/http does not trim it
	ok := text == "" || isAddress(text) || !strings.Contains(text, "://") && isAddress("http://"+text)
	if !ok && e.err == nil { // without the text, which may hold a password
		e.err = fmt.Errorf("%s: expected the address of an HTTP proxy, such as http://proxy.example.com:3128", name)
	}
}

func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

func (e *env) origins(name string, absent []handler.Origin) []handler.Origin {
	text := e.text(name)
	if text == "" {
		return absent
	}
	var list []handler.Origin
	for entry := range strings.SplitSeq(text, ",") {
		o, err := handler.ParseOrigin(strings.TrimSpace(entry))
		if err != nil && e.err == nil {
			e.err = fmt.Errorf("%s: %w", name, err)
		}
		list = append(list, o)
	}
	return list
}
