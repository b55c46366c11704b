// Gives the workflow, and faulty copies of it, to two validators: asl-validator knows the schema, the language service
// reads the document as an editor does. A copy that passes both would mean that nobody looked.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const require = createRequire(join(process.env.MODULES, 'package.json'));
const validate = require('asl-validator');
const { getLanguageService, TextDocument } = require('amazon-states-language-service');

const service = getLanguageService({});

function aslValidator(text) {
  const { isValid, errorsText } = validate(JSON.parse(text), { checkArn: true, checkPaths: true });
  return isValid ? '' : errorsText('; ');
}

async function languageService(text) {
  const document = TextDocument.create('file:///workflow.asl.json', 'asl', 1, text);
  const found = await service.doValidation(document, service.parseJSONDocument(document));
  return found.map((d) => `line ${d.range.start.line + 1}: ${d.message}`).join('; ');
}

// Each fault is a change to the definition, and the validator that must see it; 'both' where both do.
const faults = [
  ['a Next to nowhere', 'both', (d) => { d.States.Wait.Next = 'Nowhere'; }],
  ['a state nobody goes to', 'both', (d) => { d.States.Lost = { Type: 'Succeed' }; }],
  ['a Catch to nowhere', 'both', (d) => { d.States.Announce.Catch[0].Next = 'Nowhere'; }],
  ['a task without a resource', 'both', (d) => { delete d.States.Check.Resource; }],
  ['a path that is none', 'asl-validator', (d) => { d.States.Wait.SecondsPath = '$.wait..['; }],
  ['an unknown JitterStrategy', 'language service', (d) => { d.States.Check.Retry[1].JitterStrategy = 'SOME'; }],
];

async function check(what, text, expected) {
  const said = { 'asl-validator': aslValidator(text), 'language service': await languageService(text) };
  const who = Object.keys(said).filter((name) => said[name]);
  const got = who.length === 2 ? 'both' : (who[0] ?? 'neither');
  if (got === expected) return;
  console.log(`${what}: a fault for ${got}, expected ${expected}: ${JSON.stringify(said)}`);
  process.exitCode = 1;
}

const filled = (file) => readFileSync(file, 'utf8').replaceAll('${Partition}', 'aws');
const files = process.argv.slice(2);
for (const file of files) await check(file, filled(file), 'neither');
for (const [what, expected, change] of faults) {
  const definition = JSON.parse(filled(files[0]));
  change(definition);
  await check(what, JSON.stringify(definition, null, 2), expected);
}
console.log(`two validators have read ${files.length} definitions, and one with each of ${faults.length} faults`);
