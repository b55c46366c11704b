// Command naive makes the same check as one writes it first: default configuration, default client, and the whole reply
// decoded into a map.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

type request struct {
	GroupActionID int64 `json:"group_action_id"`
}

type secret struct {
	URL   string `json:"api_url"`
	KeyID string `json:"api_key_id"`
	Key   string `json:"api_key"`
}

type verdict struct {
	Verdict  string         `json:"verdict"`
	Total    int            `json:"total"`
	Statuses map[string]int `json:"statuses"`
}

func main() {
	client := secretsmanager.NewFromConfig(must(config.LoadDefaultConfig(context.Background())))
	var known secret
	lambda.Start(func(ctx context.Context, r request) (verdict, error) {
		if known.Key == "" {
			in := &secretsmanager.GetSecretValueInput{SecretId: aws.String(os.Getenv("XDR_SECRET_ID"))}
			out := must(client.GetSecretValue(ctx, in))
			must(0, json.Unmarshal([]byte(*out.SecretString), &known))
		}
		return check(ctx, known, r), nil
	})
}

// must panics, which aws-lambda-go makes into an error of the function.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(ctx context.Context, s secret, r request) verdict {
	question := must(json.Marshal(map[string]request{"request_data": r}))
	url := s.URL + "/public_api/v1/actions/get_action_status"
	req := must(http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(question)))
	nonce := (rand.Text() + rand.Text() + rand.Text())[:64]
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	sum := sha256.Sum256([]byte(s.Key + nonce + timestamp))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("x-xdr-auth-id", s.KeyID)
	req.Header.Set("x-xdr-nonce", nonce)
	req.Header.Set("x-xdr-timestamp", timestamp)
	req.Header.Set("Authorization", hex.EncodeToString(sum[:]))
	resp := must(http.DefaultClient.Do(req))
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		panic("the API answered " + resp.Status)
	}
	var body map[string]map[string]map[string]string
	must(0, json.NewDecoder(resp.Body).Decode(&body))
	agents := body["reply"]["data"]
	v := verdict{Verdict: "done", Total: len(agents), Statuses: map[string]int{}}
	for _, status := range agents {
		v.Statuses[status]++
		if status == "PENDING" || status == "IN_PROGRESS" {
			v.Verdict = "pending"
		}
	}
	return v
}
