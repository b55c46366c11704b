package lambdatest

import (
	"cmp"
	"maps"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

const (
	functionName    = "lambdatest"
	functionVersion = "$LATEST"
	functionARN     = "arn:aws:lambda:us-east-1:123456789012:function:" + functionName
)

// Options describe a function.
type Options struct {
	// Binary is the path of the bootstrap, such as [Build] returns.
	Binary string
	// Env is added to the environment that Lambda sets by itself, and may override it. Nothing is inherited from the
	// test.
	Env map[string]string
	// Timeout is the function timeout, 30 seconds if zero. It runs from the moment when the process receives an event;
	// past it, the process is killed.
	Timeout time.Duration
	// Concurrency above 1 is that of Lambda Managed Instances: the process may ask for as many events at once.
	Concurrency int
	// Start starts the process, [exec.Cmd.Start] if nil: for arguments, open files or a CPU of its own.
	Start func(*exec.Cmd) error
}

func (o Options) withDefaults() (Options, error) {
	var err error
	o.Binary, err = filepath.Abs(o.Binary)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	if o.Start == nil {
		o.Start = (*exec.Cmd).Start
	}
	return o, err
}

// environ is what the process sees: the [defined runtime environment variables] under those of the options.
//
// [defined runtime environment variables]: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func (o Options) environ(runtimeAPI string) []string {
	env := map[string]string{ //nolint:gosec // the key is AWS's own example
		"AWS_ACCESS_KEY_ID":               "AKIAIOSFODNN7EXAMPLE",
		"AWS_SECRET_ACCESS_KEY":           "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"AWS_SESSION_TOKEN":               "lambdatest-session-token",
		"AWS_REGION":                      "us-east-1",
		"AWS_DEFAULT_REGION":              "us-east-1",
		"AWS_LAMBDA_FUNCTION_NAME":        functionName,
		"AWS_LAMBDA_FUNCTION_VERSION":     functionVersion,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + functionName,
		"AWS_LAMBDA_LOG_STREAM_NAME":      "2026/01/01/[" + functionVersion + "]0123456789abcdef0123456789abcdef",
		"LAMBDA_TASK_ROOT":                filepath.Dir(o.Binary),
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
		"LANG":                            "en_US.UTF-8",
		"PATH":                            "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ":                              ":UTC",
		"_HANDLER":                        "bootstrap",
	}
	if o.Concurrency > 1 {
		env["AWS_LAMBDA_MAX_CONCURRENCY"] = strconv.Itoa(o.Concurrency)
	}
	maps.Copy(env, o.Env)
	env["AWS_LAMBDA_RUNTIME_API"] = runtimeAPI
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}
