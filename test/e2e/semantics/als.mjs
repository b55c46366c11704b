// Runs jobs through aws-local-stepfunctions: a JSON list of {name, definition, input} on stdin, the version and a trace
// of each job on stdout. It reaches no AWS: tasks are handed to the functions below, which call the URL in FRONT.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const require = createRequire(join(process.env.MODULES, 'package.json'));
const { StateMachine } = require('aws-local-stepfunctions');

const { version } = require('./node_modules/aws-local-stepfunctions/package.json');
const front = process.env.FRONT;

const text = (cause) => (typeof cause === 'string' ? cause : JSON.stringify(cause));

// failure is an error with the name that the engine compares with ErrorEquals.
const failure = (name, cause) => Object.assign(new Error(text(cause)), { name });

// invoke is what the service integration arn:aws:states:::lambda:invoke does with its parameters.
async function invoke({ FunctionName, Payload }) {
  const url = `${front}/2015-03-31/functions/${encodeURIComponent(FunctionName)}/invocations`;
  const reply = await fetch(url, { method: 'POST', body: JSON.stringify(Payload) });
  const body = await reply.json();
  if (!reply.ok) throw failure(`Lambda.${reply.headers.get('x-amzn-errortype')}`, body.message);
  if (reply.headers.has('x-amz-function-error')) throw failure(body.errorType, body);
  return { StatusCode: reply.status, Payload: body };
}

// putEvents is arn:aws:states:::events:putEvents.
async function putEvents({ Entries }) {
  const entries = Entries.map((e) => ({ ...e, Detail: JSON.stringify(e.Detail) }));
  const reply = await fetch(`${front}/`, {
    method: 'POST',
    headers: { 'X-Amz-Target': 'AWSEvents.PutEvents' },
    body: JSON.stringify({ Entries: entries }),
  });
  const body = await reply.json();
  if (!reply.ok) throw failure(`EventBridge.${body.__type}`, body.message);
  if (body.FailedEntryCount > 0) throw failure('EventBridge.FailedEntry', body);
  return body;
}

const kinds = { StateEntered: 'entered', StateRetried: 'retried', StateCaught: 'caught' };

async function run({ name, machine, input }) {
  const trace = { steps: [] };
  const execution = machine.run(input, {
    overrides: { taskResourceLocalHandlers: { Check: invoke, Announce: putEvents } },
    context: { Execution: { Name: name } },
  });
  execution.result.catch(() => {}); // the log tells
  let error; // the last: the event of a retry or a catch has none
  for await (const event of execution.eventLogs) {
    const kind = kinds[event.type];
    if (kind) trace.steps.push({ kind, state: event.state.name, error, input: event.state.input });
    error = event.Error;
    if (event.type === 'ExecutionSucceeded') {
      Object.assign(trace, { status: 'SUCCEEDED', output: JSON.stringify(event.output) });
    }
    if (event.type === 'ExecutionTimeout') trace.status = 'TIMED_OUT';
    if (event.type === 'ExecutionFailed') {
      Object.assign(trace, { status: 'FAILED', error, cause: text(event.Cause) });
    }
  }
  return trace;
}

// Each different definition makes one machine, before the first clock runs: to validate it takes longer than most cases.
const machines = {};
const jobs = JSON.parse(readFileSync(0)).map(({ definition, ...job }) => {
  const key = JSON.stringify(definition);
  machines[key] ??= new StateMachine(definition);
  return { ...job, machine: machines[key] };
});
const traces = await Promise.all(jobs.map(run));
// not wait for what a timeout left behind
process.stdout.write(JSON.stringify({ version, traces }), () => process.exit(0));
