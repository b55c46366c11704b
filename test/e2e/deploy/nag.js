// Lets cdk-nag check a CDK app: node -r ./nag.js app.js, as test_cdk.py does.
const { App, Aspects, Stage } = require('aws-cdk-lib');
const { AwsSolutionsChecks } = require('cdk-nag');

const { synth } = Stage.prototype;
Stage.prototype.synth = function (...options) {
  if (App.isApp(this)) {
    Aspects.of(this).add(new AwsSolutionsChecks());
  }
  return synth.apply(this, options);
};
