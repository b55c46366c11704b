package xdrtest

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// SecretCall is one call of Secrets Manager.
type SecretCall struct {
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

const awsJSON = "application/x-amz-json-1.1"

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

// secretReply is any of the operations' replies, or an error.
type secretReply struct {
	Error         string   `json:"__type,omitempty"`
	Message       string   `json:",omitempty"`
	ARN           string   `json:",omitempty"`
	Name          string   `json:",omitempty"`
	VersionID     string   `json:"VersionId,omitempty"`
	SecretString  string   `json:",omitempty"`
	SecretBinary  []byte   `json:",omitempty"`
	VersionStages []string `json:",omitempty"`
}

func failure(name, message string) secretReply { return secretReply{Error: name, Message: message} }

// SecretCalls returns all Secrets Manager calls in order.
func (s *Sim) SecretCalls() []SecretCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secretCalls)
}

func (s *Sim) serveSecret(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody)) // a broken body is then refused as no JSON
	var in secretRequest
	out := checkCall(r, body, &in)
	s.secretAnswer(in, out).send(w, r)
}

// checkCall checks what the AWS front does before the service is asked, and decodes the body. It returns the error, or
// an empty reply.
func checkCall(r *http.Request, body []byte, in *secretRequest) secretReply {
	auth, kind := r.Header.Get("Authorization"), r.Header.Get("Content-Type")
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	in.operation = operation
	switch {
	case r.Method != http.MethodPost, kind != awsJSON, !ok, !slices.Contains(operations, operation):
		return failure("UnknownOperationException", "")
	case auth == "":
		return failure("MissingAuthenticationTokenException", "Missing Authentication Token")
	case !signature.MatchString(auth):
		return failure("IncompleteSignatureException", "Authorization is not a signature for secretsmanager.")
	case json.Unmarshal(body, in) != nil:
		return failure("SerializationException", "The body is not a request.")
	}
	return secretReply{}
}

// secretAnswer decides and logs. An error that out holds comes before a fault, and that before the service's own.
func (s *Sim) secretAnswer(in secretRequest, out secretReply) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := newAnswer(http.StatusOK, awsJSON, nil)
	for _, f := range hits(s.secretFaults, len(s.secretCalls)+1) {
		a.delay += f.Delay
		a.reset = a.reset || f.Reset
		if f.Name != "" && out.Error == "" {
			out = failure(f.Name, "A simulated fault.")
		}
	}
	if out.Error == "" {
		out = s.secretReply(in)
	}
	switch out.Error {
	case "":
	case "InternalServiceError":
		a.status = http.StatusInternalServerError
	default:
		a.status = http.StatusBadRequest
	}
	a.body = toJSON(out)
	a.header.Set("X-Amzn-RequestId", newUUID())
	call := SecretCall{
		Operation: in.operation, SecretID: cmp.Or(in.SecretID, in.Name), KMSKeyID: in.KMSKeyID, Result: out.Error,
	}
	s.secretCalls = append(s.secretCalls, call)
	s.o.Log.Info("secret call", "number", len(s.secretCalls), "operation", call.Operation,
		"secret_id", call.SecretID, "result", call.Result)
	return a
}

func (s *Sim) secretReply(in secretRequest) secretReply {
	if in.operation == "CreateSecret" {
		return s.createSecret(in)
	}
	name := s.nameOf(in.SecretID)
	held := s.secrets[name]
	switch {
	case held == nil:
		return failure("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	case in.operation == "GetSecretValue":
		return getSecret(name, held, in)
	}
	return s.putSecret(name, held, in)
}

func getSecret(name string, held *secret, in secretRequest) secretReply {
	if in.VersionID != "" && in.VersionID != held.version || in.VersionStage != "" && in.VersionStage != "AWSCURRENT" {
		return failure("ResourceNotFoundException", "Secrets Manager can't find the specified secret version.")
	}
	out := written(name, held)
	out.VersionStages = []string{"AWSCURRENT"}
	if held.binary {
		out.SecretBinary = []byte(held.value)
	} else {
		out.SecretString = held.value
	}
	return out
}

func (s *Sim) createSecret(in secretRequest) secretReply {
	switch {
	case !secretName.MatchString(in.Name):
		return failure("ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, "+
			"or any of the following: -/_+=.@!")
	case s.secrets[in.Name] != nil:
		return failure("ResourceExistsException",
			"The operation failed because the secret "+in.Name+" already exists.")
	}
	held := new(secret)
	out := s.putSecret(in.Name, held, in)
	if out.Error == "" {
		s.secrets[in.Name] = held
	}
	return out
}

// putSecret makes a new version of the secret. The token of the call is its id.
func (s *Sim) putSecret(name string, held *secret, in secretRequest) secretReply {
	switch {
	case in.ClientRequestToken == "":
		return failure("InvalidParameterException",
			"You must provide a ClientRequestToken value. We recommend a UUID-type value.")
	case in.SecretString == "":
		return failure("InvalidParameterException", "You must provide either SecretString or SecretBinary.")
	}
	*held = secret{value: in.SecretString, version: in.ClientRequestToken}
	return written(name, held)
}

// written is the reply to a call that wrote a secret.
func written(name string, held *secret) secretReply {
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
