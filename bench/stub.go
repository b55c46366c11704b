package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// stubs are Secrets Manager and the API over HTTPS, as little of them as a check needs. An action's id is the number of
// its endpoints.
type stubs struct {
	secrets, api string // addresses
	servers      []*http.Server
}

// sizes are the replies that the API has.
var sizes = []int{1, 1_000, 10_000, 100_000}

func startStubs(cert tls.Certificate) (*stubs, error) {
	s := &stubs{}
	replies := map[string][]byte{}
	for _, n := range sizes {
		replies[strconv.Itoa(n)] = reply(n)
	}
	var err error
	if s.api, err = s.serve(cert, serveReplies(replies), "h2", "http/1.1"); err != nil {
		return nil, err
	}
	secret, err := json.Marshal(map[string]string{
		"api_url": s.api, "api_key_id": "7", "api_key": strings.Repeat("key-", 32), "security_level": "advanced",
	})
	if err != nil {
		return nil, err
	}
	answer, err := json.Marshal(map[string]any{
		"ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:bench-AbCdEf", "Name": "bench",
		"VersionId": "5b2d9f3e-0000-4000-8000-000000000001", "SecretString": string(secret), "CreatedDate": 1.7e9,
	})
	if err != nil {
		return nil, err
	}
	s.secrets, err = s.serve(cert, always("application/x-amz-json-1.1", answer), "http/1.1") // AWS offers no HTTP/2
	return s, err
}

func (s *stubs) serve(cert tls.Certificate, h http.Handler, protocols ...string) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return "", err
	}
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: protocols, MinVersion: tls.VersionTLS12},
	}
	if len(protocols) == 1 {
		server.Protocols = new(http.Protocols)
		server.Protocols.SetHTTP1(true)
	}
	s.servers = append(s.servers, server)
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return "https://" + listener.Addr().String(), nil
}

func (s *stubs) close() {
	for _, server := range s.servers {
		_ = server.Close()
	}
}

func always(contentType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
}

func serveReplies(replies map[string][]byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var question struct {
			Data struct {
				ID json.Number `json:"group_action_id"`
			} `json:"request_data"`
		}
		body, ok := []byte(nil), false
		if json.NewDecoder(r.Body).Decode(&question) == nil && r.Header.Get("Authorization") != "" {
			body, ok = replies[question.Data.ID.String()]
		}
		if !ok {
			http.Error(w, "no such action", http.StatusBadRequest)
			return
		}
		always("application/json", body)(w, r)
	}
}

// reply is the API's answer about an action on n endpoints, all but one in a thousand done.
func reply(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"reply":{"data":{`)
	for i := range n {
		status := "COMPLETED_SUCCESSFULLY"
		if i%1000 == 999 {
			status = "IN_PROGRESS"
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%08x%024x":%q`, uint32(i)*2654435761, i, status)
	}
	b.WriteString(`}}}`)
	return []byte(b.String())
}
