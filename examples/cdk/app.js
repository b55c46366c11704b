// The step as part of a CDK app. Put the zip and the template of the same release beside this file.
const { App, Stack } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
const { Asset } = require('aws-cdk-lib/aws-s3-assets');

const release = 'xdr-action-status_1.2.3';
const stack = new Stack(new App(), 'xdr-action-status');
const zip = new Asset(stack, 'Zip', { path: `${release}_linux_arm64.zip` });
new CfnInclude(stack, 'Step', {
  templateFile: `${release}.template.yaml`,
  parameters: { CodeBucket: zip.s3BucketName, CodeKey: zip.s3ObjectKey, SecretName: 'xdr/acme' },
});
