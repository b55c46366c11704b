package xdrtest

import (
	"cmp"
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
	Number    int // from 1
	Time      time.Time
	Operation string // such as "GetSecretValue"
	SecretID  string // as the call names it
	KMSKeyID  string // the key that the secret is to be encrypted with, if the call names one
	Result    string // name of the error; "" if there was none
}

// SecretFault makes Secrets Manager calls go wrong, see [Fault] for From and To.
type SecretFault struct {
	From, To int
	Delay    time.Duration // in real time, before anything else
	Reset    bool          // TCP RST, no reply
	Name     string        // of the error, such as "ThrottlingException"; "" for none
}

func (f SecretFault) window() (from, to int) { return f.From, f.To }

// awsError is an error of the AWS JSON protocol.
type awsError struct{ name, message string }

func (e *awsError) Error() string { return e.name + ": " + e.message }

var (
	signature  = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[^,\s]+/secretsmanager/aws4_request[,\s]`)
	arnSuffix  = regexp.MustCompile(`^-[A-Za-z0-9]{6}$`)
	secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)
)

// operations are the calls that the Sim answers.
var operations = []string{"GetSecretValue", "CreateSecret", "PutSecretValue", "UpdateSecret"}

// secretRequest is any of the operations' requests.
type secretRequest struct {
	operation string

	Name               string // of the secret to create; SecretId names those that are there
	SecretID           string `json:"SecretId"`
	VersionID          string `json:"VersionId"`
	VersionStage       string
	SecretString       string
	KMSKeyID           string `json:"KmsKeyId"`
	ClientRequestToken string
}

// secretReply is any of the operations' replies.
type secretReply struct {
	ARN           string
	Name          string
	VersionID     string   `json:"VersionId"`
	SecretString  string   `json:",omitempty"`
	SecretBinary  []byte   `json:",omitempty"`
	VersionStages []string `json:",omitempty"`
	CreatedDate   float64  `json:",omitempty"`
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
	s.o.Log.Info("secret call", "number", call.Number, "operation", call.Operation,
		"secret_id", call.SecretID, "result", call.Result)
	a.send(w, r)
}

// checkCall checks what the AWS front does before the service is asked, and decodes the body.
func checkCall(r *http.Request, body []byte, in *secretRequest) error {
	auth := r.Header.Get("Authorization")
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	in.operation = operation
	switch {
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-amz-json-1.1",
		!ok, !slices.Contains(operations, operation):
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
	call := SecretCall{
		Number:    len(s.secretCalls) + 1,
		Time:      s.o.Now(),
		Operation: in.operation,
		SecretID:  cmp.Or(in.SecretID, in.Name),
		KMSKeyID:  in.KMSKeyID,
	}
	var delay time.Duration
	var reset bool
	for _, f := range hits(s.secretFaults, call.Number) {
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
	if in.operation == "CreateSecret" {
		return s.createSecret(in)
	}
	name := s.nameOf(in.SecretID)
	held := s.secrets[name]
	switch {
	case held == nil:
		return secretReply{}, &awsError{"ResourceNotFoundException", "Secrets Manager can't find the specified secret."}
	case in.operation == "GetSecretValue":
		return s.getSecret(name, held, in)
	}
	return s.putSecret(name, held, in)
}

func (s *Sim) getSecret(name string, held *secret, in secretRequest) (secretReply, error) {
	if in.VersionID != "" && in.VersionID != held.version || in.VersionStage != "" && in.VersionStage != "AWSCURRENT" {
		return secretReply{}, &awsError{"ResourceNotFoundException",
			"Secrets Manager can't find the specified secret version."}
	}
	out := newSecretReply(name, held)
	out.VersionStages = []string{"AWSCURRENT"}
	out.CreatedDate = float64(held.created.UnixMilli()) / 1000
	if held.binary {
		out.SecretBinary = []byte(s.valueOf(held))
	} else {
		out.SecretString = s.valueOf(held)
	}
	return out, nil
}

func (s *Sim) createSecret(in secretRequest) (secretReply, error) {
	switch {
	case !secretName.MatchString(in.Name):
		return secretReply{}, &awsError{"ValidationException", "Invalid name. Must be a valid name containing " +
			"alphanumeric characters, or any of the following: -/_+=.@!"}
	case s.secrets[in.Name] != nil:
		return secretReply{}, &awsError{"ResourceExistsException",
			"The operation failed because the secret " + in.Name + " already exists."}
	}
	held := new(secret)
	out, err := s.putSecret(in.Name, held, in)
	if err == nil {
		s.secrets[in.Name] = held
	}
	return out, err
}

// putSecret makes a new version of the secret. The token of the call is its id.
func (s *Sim) putSecret(name string, held *secret, in secretRequest) (secretReply, error) {
	switch {
	case in.ClientRequestToken == "":
		return secretReply{}, &awsError{"InvalidParameterException",
			"You must provide a ClientRequestToken value. We recommend a UUID-type value."}
	case in.SecretString == "":
		return secretReply{}, &awsError{"InvalidParameterException", "You must provide either SecretString or SecretBinary."}
	}
	held.replace(in.SecretString, in.ClientRequestToken, s.o.Now())
	return newSecretReply(name, held), nil
}

func newSecretReply(name string, held *secret) secretReply {
	return secretReply{
		ARN:       "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + name + "-Sim123",
		Name:      name,
		VersionID: held.version,
	}
}

// nameOf returns the name that id means: itself, or the end of an ARN, with or without the six characters that
// Secrets Manager puts after it.
func (s *Sim) nameOf(id string) string {
	_, tail, _ := strings.Cut(id, ":secret:")
	for name := range s.secrets {
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
