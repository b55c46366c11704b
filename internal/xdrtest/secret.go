package xdrtest

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"uuid"
)

// SecretCall is one call of Secrets Manager.
type SecretCall struct {
	Operation string // such as "GetSecretValue"
	SecretID  string // as the call names it
	KMSKeyID  string // the key that the secret is to be encrypted with, if the call names one
	Result    string // name of the error; "" if there was none
}

// secret is what Secrets Manager holds under a name.
type secret struct {
	form    string // "SecretString" or "SecretBinary"
	value   any    // a string or bytes
	version string
}

const awsJSON = "application/x-amz-json-1.1"

var (
	signature  = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[^,\s]+/secretsmanager/aws4_request[,\s]`)
	secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)
)

// statuses are those of replies that are not 400 Bad Request, by the name of the error.
var statuses = map[string]int{"": http.StatusOK, "InternalServiceError": http.StatusInternalServerError}

var operations = []string{"GetSecretValue", "CreateSecret", "PutSecretValue", "UpdateSecret"}

type secretRequest struct {
	SecretID, Name, SecretString, ClientRequestToken, KMSKeyID, VersionID, VersionStage string
}

// SecretCalls returns all Secrets Manager calls in order.
func (s *Sim) SecretCalls() []SecretCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secretCalls)
}

// serveSecret checks what the AWS front does before the service is asked. Problems of Secrets Manager begin with the
// name of the error.
func (s *Sim) serveSecret(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody)) // a broken body is then refused as no JSON
	var in secretRequest
	auth := r.Header.Get("Authorization")
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	ok = ok && r.Method == http.MethodPost && r.Header.Get("Content-Type") == awsJSON
	problem := broken([]rule{
		{!ok || !slices.Contains(operations, operation), "UnknownOperationException"},
		{auth == "", "MissingAuthenticationTokenException: Missing Authentication Token"},
		{!signature.MatchString(auth), "IncompleteSignatureException: Authorization is not a signature for secretsmanager."},
		{json.Unmarshal(body, &in) != nil, "SerializationException: The body is not a request."},
	})
	s.secretAnswer(operation, in, problem).send(w, r)
}

// secretAnswer decides and logs. The front's problem comes before a fault, and that before the service's own.
func (s *Sim) secretAnswer(operation string, in secretRequest, problem string) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := hits(s.secretFaults, len(s.secretCalls)+1)
	for _, f := range faults {
		if f.Name != "" {
			problem = cmp.Or(problem, f.Name+": A simulated fault.")
		}
	}
	var out map[string]any
	if problem == "" {
		out, problem = s.secretReply(operation, in)
	}
	result, message, _ := strings.Cut(problem, ": ")
	status := cmp.Or(statuses[result], http.StatusBadRequest)
	if problem != "" {
		out = map[string]any{"__type": result, "Message": message}
	}
	a := newAnswer(status, awsJSON, toJSON(out))
	a.header.Set("X-Amzn-RequestId", uuid.New().String())
	for _, f := range faults {
		a.meet(f, s.o.Now())
	}
	call := SecretCall{
		Operation: operation,
		SecretID:  cmp.Or(in.SecretID, in.Name),
		KMSKeyID:  in.KMSKeyID,
		Result:    result,
	}
	s.secretCalls = append(s.secretCalls, call)
	s.o.Log.Info("secret call", "number", len(s.secretCalls), "operation", call.Operation,
		"secret_id", call.SecretID, "result", call.Result)
	return a
}

// secretReply is what the service answers, or its problem. A call that writes makes a new version of the secret; the
// token of the call is its id.
func (s *Sim) secretReply(operation string, in secretRequest) (map[string]any, string) {
	creates := operation == "CreateSecret"
	writes := operation != "GetSecretValue"
	name := cmp.Or(in.SecretID, in.Name)
	held := s.secrets[name]
	problem := broken([]rule{
		{creates && !secretName.MatchString(name), "ValidationException: Invalid name. Must be a valid name containing " +
			"alphanumeric characters, or any of the following: -/_+=.@!"},
		{creates && held != nil, "ResourceExistsException: The operation failed because the secret " + name +
			" already exists."},
		{!creates && held == nil, "ResourceNotFoundException: Secrets Manager can't find the specified secret."},
		{cmp.Or(in.VersionID, in.VersionStage, "AWSCURRENT") != "AWSCURRENT",
			"InvalidRequestException: The simulator has only the version AWSCURRENT, and finds it by no id."},
		{writes && in.ClientRequestToken == "", "InvalidParameterException: You must provide a ClientRequestToken value. " +
			"We recommend a UUID-type value."},
		{writes && in.SecretString == "", "InvalidParameterException: You must provide either SecretString or SecretBinary."},
	})
	if problem != "" {
		return nil, problem
	}
	if creates {
		held = new(secret)
		s.secrets[name] = held
	}
	if writes {
		*held = secret{form: "SecretString", value: in.SecretString, version: in.ClientRequestToken}
	}
	out := map[string]any{
		"ARN":       "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + name + "-Sim123",
		"Name":      name,
		"VersionId": held.version,
	}
	if !writes {
		out["VersionStages"] = []string{"AWSCURRENT"}
		out[held.form] = held.value
	}
	return out, ""
}

// Stored returns the text that Secrets Manager holds under a name; "" if it holds none.
func (s *Sim) Stored(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, _ := cmp.Or(s.secrets[name], new(secret)).value.(string)
	return text
}

// SecretValue returns the secret as it should be: with the API key that is valid now. Secrets Manager may hold another.
func (s *Sim) SecretValue() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secretValue()
}

func (s *Sim) secretValue() string {
	return string(toJSON(map[string]string{
		"api_url":        s.APIURL(),
		"api_key_id":     KeyID,
		"api_key":        s.key,
		"security_level": s.o.SecurityLevel,
	}))
}

// SetSecret puts any value in a new version of the secret, as SecretString or as SecretBinary.
func (s *Sim) SetSecret(value string, binary bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if binary {
		s.put("SecretBinary", []byte(value))
	} else {
		s.put("SecretString", value)
	}
}

func (s *Sim) put(form string, value any) {
	*s.secrets[s.o.SecretID] = secret{form: form, value: value, version: uuid.New().String()}
}
