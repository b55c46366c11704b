package xdrtest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// SecretCall is one call of Secrets Manager.
type SecretCall struct {
	Number   int // from 1
	Time     time.Time
	SecretID string // as it was asked for
	Result   string // name of the error; "" if the value was sent
}

// SecretFault makes Secrets Manager calls go wrong, see [Fault] for From, To and Rate.
type SecretFault struct {
	From, To int
	Rate     float64
	Delay    time.Duration // in real time, before anything else
	Reset    bool          // TCP RST, no reply
	Name     string        // of the error, such as "ThrottlingException"; "" for none
}

func (f SecretFault) window() (from, to int, rate float64) { return f.From, f.To, f.Rate }

// awsError is an error of the AWS JSON protocol.
type awsError struct{ name, message string }

func (e *awsError) Error() string { return e.name + ": " + e.message }

var (
	signature = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[^,\s]+/secretsmanager/aws4_request[,\s]`)
	arnSuffix = regexp.MustCompile(`^-[A-Za-z0-9]{6}$`)
)

type secretRequest struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`
	VersionStage string `json:"VersionStage"`
}

type secretReply struct {
	ARN           string
	Name          string
	VersionID     string `json:"VersionId"`
	SecretString  string `json:",omitempty"`
	SecretBinary  []byte `json:",omitempty"`
	VersionStages []string
	CreatedDate   float64
}

// SecretCalls returns all Secrets Manager calls in order.
func (s *Sim) SecretCalls() []SecretCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secretCalls)
}

// serveSecret decides, then logs, then sends.
func (s *Sim) serveSecret(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody)) // a broken body is then refused as no JSON
	var in secretRequest
	err := checkCall(r, body, &in)
	a, call := s.secretAnswer(in, err)
	s.o.Log.Info("secret call", "number", call.Number, "secret_id", call.SecretID, "result", call.Result)
	a.send(w, r)
}

// checkCall checks what the AWS front does before the service is asked, and decodes the body.
func checkCall(r *http.Request, body []byte, in *secretRequest) error {
	auth := r.Header.Get("Authorization")
	switch {
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-amz-json-1.1",
		r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue":
		return &awsError{"UnknownOperationException", ""}
	case auth == "":
		return &awsError{"MissingAuthenticationTokenException", "Missing Authentication Token"}
	case !signature.MatchString(auth):
		return &awsError{"IncompleteSignatureException", "Authorization is not a signature for secretsmanager."}
	case json.Unmarshal(body, in) != nil:
		return &awsError{"SerializationException", "The body is not a request."}
	}
	return nil
}

func (s *Sim) secretAnswer(in secretRequest, err error) (*answer, SecretCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := SecretCall{Number: len(s.secretCalls) + 1, Time: s.o.Now(), SecretID: in.SecretID}
	var delay time.Duration
	var reset bool
	for _, f := range hits(s.secretFaults, s.o.Seed, call.Number) {
		delay, reset = delay+f.Delay, reset || f.Reset
		if f.Name != "" && err == nil {
			err = &awsError{f.Name, "A simulated fault."}
		}
	}
	var out secretReply
	if err == nil {
		out, err = s.secretReply(in)
	}
	a := awsAnswer(out, err)
	a.delay, a.reset = delay, reset
	var failed *awsError
	if errors.As(err, &failed) {
		call.Result = failed.name
	}
	s.secretCalls = append(s.secretCalls, call)
	s.secretBudget.spend("Secrets Manager calls", call.Number)
	return a, call
}

func (s *Sim) secretReply(in secretRequest) (secretReply, error) {
	name := s.secretName(in.SecretID)
	current := (in.VersionID == "" || in.VersionID == s.secret.version) &&
		(in.VersionStage == "" || in.VersionStage == "AWSCURRENT")
	if name == "" || !current {
		return secretReply{}, &awsError{"ResourceNotFoundException", "The secret or the version does not exist."}
	}
	out := secretReply{
		ARN:           "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + name + "-Sim123",
		Name:          name,
		VersionID:     s.secret.version,
		VersionStages: []string{"AWSCURRENT"},
		CreatedDate:   float64(s.secret.created.UnixMilli()) / 1000,
	}
	value := s.secret.value
	if !s.secret.replaced {
		value = s.secretJSON(s.secret.key)
	}
	if s.secret.binary {
		out.SecretBinary = []byte(value)
	} else {
		out.SecretString = value
	}
	return out, nil
}

// secretName returns the name that id means: itself, or the end of an ARN, with or without the six
// characters that Secrets Manager puts behind it.
func (s *Sim) secretName(id string) string {
	_, tail, _ := strings.Cut(id, ":secret:")
	for _, name := range append([]string{s.o.SecretID}, s.o.SecretAliases...) {
		suffix, ok := strings.CutPrefix(tail, name)
		if id == name || ok && (suffix == "" || arnSuffix.MatchString(suffix)) {
			return name
		}
	}
	return ""
}

func awsAnswer(out any, err error) *answer {
	status := http.StatusOK
	var failed *awsError
	if errors.As(err, &failed) {
		status = http.StatusBadRequest
		if failed.name == "InternalServiceError" {
			status = http.StatusInternalServerError
		}
		out = map[string]string{"__type": failed.name, "Message": failed.message}
	}
	a := jsonAnswer(status, func(w writer) {
		_ = json.NewEncoder(w).Encode(out) // see writer
	})
	a.header.Set("Content-Type", "application/x-amz-json-1.1")
	a.header.Set("X-Amzn-RequestId", newUUID())
	return a
}
