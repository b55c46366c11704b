// Command template prints template.yaml as CloudFormation takes it, without the SAM CLI and its transform, for the
// release that it is called with: template 1.2.3. The code comes from a bucket; the state machine is inlined.
package main

import (
	"fmt"
	"log"
	"os"
	"strings"
)

func main() {
	log.SetFlags(0)
	text, err := plain(os.Args[1])
	if err != nil {
		log.Fatal("template: ", err)
	}
	fmt.Print(text)
}

// parameters say where the code is. The pattern refuses a zip of another release.
const parameters = `
Parameters:
  CodeBucket:
    Type: String
    Description: Name of a bucket in this region with the function's zip, such as my-bucket.
    AllowedPattern: '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]'
    ConstraintDescription: the name of a bucket
  CodeKey:
    Type: String
    Description: Key of the zip in the bucket, such as xdr-action-status_VERSION_linux_arm64.zip.
    AllowedPattern: '(.+/)?xdr-action-status_PATTERN_(fips_)?linux_(arm64|x86_64)\.zip'
    ConstraintDescription: a key that ends with the name of a zip of this template's own release, VERSION
    MaxLength: 1024
`

const (
	machine = "    Type: AWS::StepFunctions::StateMachine\n    Metadata:\n"
	lint    = "      cfn-lint: {config: {ignore_checks: [E3601]}}\n"
)

// plain returns the template with each of its SAM lines replaced.
func plain(version string) (string, error) {
	template, err := os.ReadFile("template.yaml")
	if err != nil {
		return "", err
	}
	definition, err := os.ReadFile("statemachine/wait_for_action.asl.json")
	if err != nil {
		return "", err
	}
	inlined := strings.ReplaceAll("\n"+strings.TrimSpace(string(definition)), "\n", "\n        ")
	release := strings.NewReplacer("VERSION", version, "PATTERN", strings.ReplaceAll(version, ".", `\.`))
	text := string(template)
	for _, line := range []struct{ sam, plain string }{
		{"Transform: AWS::Serverless-2016-10-31\n", ""},
		{"\nParameters:\n", release.Replace(parameters)},
		{"Parameters: [Architecture, ", "Parameters: [CodeBucket, CodeKey, Architecture, "},
		{"For x86_64, build with GOARCH=amd64 sam build.", "CodeKey must name the zip for it."},
		{"    Type: AWS::Serverless::Function\n", "    Type: AWS::Lambda::Function\n"},
		{"      BuildMethod: makefile # target build-StatusFunction\n", ""},
		{"      CodeUri: .\n", "      Code: {S3Bucket: !Ref CodeBucket, S3Key: !Ref CodeKey}\n"},
		{"      Tracing: Active\n", "      TracingConfig: {Mode: Active}\n"},
		// cfn-lint does not know that a Succeed state may have an OutputPath
		{machine, machine + lint},
		{"      DefinitionS3Location: statemachine/wait_for_action.asl.json\n", "      DefinitionString: |" + inlined + "\n"},
	} {
		if n := strings.Count(text, line.sam); n != 1 {
			return "", fmt.Errorf("template.yaml has %q %d times, not once: change it here too", line.sam, n)
		}
		text = strings.Replace(text, line.sam, line.plain, 1)
	}
	return text, nil
}
