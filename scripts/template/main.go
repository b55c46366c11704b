// Command template prints template.yaml as CloudFormation takes it, without the SAM CLI and its transform, for the
// release that it is called with: template 1.2.3. The code comes from a bucket; the state machine is inlined.
package main

import (
	"fmt"
	"log"
	"os"
	"strings"
)

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

func main() {
	log.SetFlags(0)
	version := os.Args[1]
	release := strings.NewReplacer("VERSION", version, "PATTERN", strings.ReplaceAll(version, ".", `\.`))
	definition := strings.TrimSpace(read("statemachine/wait_for_action.asl.json"))
	text := read("template.yaml")
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
		{machine, machine + "      cfn-lint: {config: {ignore_checks: [E3601]}}\n"},
		{"      DefinitionS3Location: statemachine/wait_for_action.asl.json\n",
			"      DefinitionString: |" + strings.ReplaceAll("\n"+definition, "\n", "\n        ") + "\n"},
	} {
		if n := strings.Count(text, line.sam); n != 1 {
			log.Fatalf("template.yaml has %q %d times, not once: change it here too", line.sam, n)
		}
		text = strings.Replace(text, line.sam, line.plain, 1)
	}
	fmt.Print(text)
}

const machine = "    Type: AWS::StepFunctions::StateMachine\n    Metadata:\n"

func read(path string) string {
	content, err := os.ReadFile(path) //nolint:gosec // a file of the repository
	if err != nil {
		log.Fatal(err)
	}
	return string(content)
}
