import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { policyProblems } from './parse.ts';
import { type JsonSchema, policySchema } from './schema.ts';

/** The keywords of JSON Schema that ours uses; any other one fails the test. */
function accepts(schema: JsonSchema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, wanted]) => {
    const fields =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value)
        : undefined;
    const properties = (schema.properties ?? {}) as { [key: string]: JsonSchema };
    switch (keyword) {
      case '$schema':
      case 'title':
      case 'description':
      case 'properties':
        return true;
      case 'enum':
        return (wanted as unknown[]).includes(value);
      case 'type':
        if (wanted === 'object') return fields !== undefined;
        if (wanted === 'integer') return Number.isSafeInteger(value);
        return wanted === 'array' ? Array.isArray(value) : typeof value === wanted;
      case 'minimum':
        return (value as number) >= (wanted as number);
      case 'maximum':
        return (value as number) <= (wanted as number);
      case 'pattern':
        return typeof value === 'string' && new RegExp(wanted as string, 'u').test(value);
      case 'items':
        return Array.isArray(value) && value.every((element) => accepts(wanted as JsonSchema, element));
      case 'minItems':
        return (value as unknown[]).length >= (wanted as number);
      case 'maxItems':
        return (value as unknown[]).length <= (wanted as number);
      case 'minProperties':
        return fields!.length >= (wanted as number);
      case 'maxProperties':
        return fields!.length <= (wanted as number);
      case 'required':
        return (wanted as string[]).every((key) => Object.hasOwn(value as object, key));
      case 'propertyNames':
        return fields!.every(([key]) => accepts(wanted as JsonSchema, key));
      case 'additionalProperties':
        return fields!.every(([key, of]) => {
          if (Object.hasOwn(properties, key)) return accepts(properties[key]!, of);
          return wanted !== false && accepts(wanted as JsonSchema, of);
        });
      default:
        throw new Error(`keyword ${keyword}`);
    }
  });
}

const valid = {
  name: 'sales',
  scope: { groups: ['sales', 'field'] },
  classify: [{ source: 'folder', path: 'a/**', class: 'enterprise', locked: true }],
  databases: {
    Messages: { backup: 'allow', encrypt: 'user', locked: false },
    '*': { pad: 'off', guard: { removed: '30%', atLeast: 25 } },
  },
  classes: { personal: { into: 'deny' } },
  restore: { unencrypted: 'end' },
  destinations: [{ area: 'https://backup.example/a' }],
  schedule: { every: '24h', alertAfter: '5d' },
  retention: { keep: '30d' },
  verify: { every: '7d', sample: '5%' },
  refresh: '12h',
  expires: '7d',
  whenStale: 'block',
};

type Node = { [key: string]: unknown };

/** Every place in a value: what holds it, and its key there. */
function places(value: unknown): [Node, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, of]) => [
    [value as Node, key] as [Node, string],
    ...places(of),
  ]);
}

/** A valid policy with one place changed, one taken away or one added. */
const mutated = fc
  .record({
    at: fc.nat(1000),
    how: fc.constantFrom('change', 'remove', 'add'),
    key: fc.constantFrom(
      'name',
      'groups',
      'Messages',
      ' x',
      'constructor',
      'personal',
      'every',
      'locked',
      'path',
      'changed',
    ),
    value: fc.constantFrom<unknown>(
      1,
      null,
      true,
      '',
      'x',
      'deny',
      'a b',
      ' x',
      [],
      {},
      ['x'],
      '1h',
      '1w',
      '101%',
      '60%',
      -1,
      2_000_000_000,
      'http://x/',
      '*',
    ),
  })
  .map(({ at, how, key, value }) => {
    const policy = structuredClone(valid);
    const all = places(policy);
    const [holder, old] = all[at % all.length]!;
    if (how === 'change') holder[old] = value;
    else if (how === 'remove' && !Array.isArray(holder)) delete holder[old];
    else if (!Array.isArray(holder)) holder[key] = value;
    return policy;
  });

test('the schema accepts what the checker accepts', () => {
  const schema = policySchema();
  let accepted = 0;
  const runs = 3000;
  fc.assert(
    fc.property(mutated, (value) => {
      const problems = policyProblems(value);
      // What concerns two fields is not in the schema.
      fc.pre(!problems.some(({ what }) => / is not (shorter|longer) than |^needs a source/.test(what)));
      if (problems.length === 0) accepted++;
      assert.equal(accepts(schema, value), problems.length === 0, JSON.stringify([value, problems]));
    }),
    { numRuns: runs },
  );
  assert.ok(
    accepted > runs / 20 && accepted < runs * 0.95,
    `${accepted} of ${runs} generated policies are right`,
  );
});

test('the published schema is this one', () => {
  const file = new URL('../../../examples/policies/schema.json', import.meta.url);
  assert.deepEqual(
    JSON.parse(readFileSync(file, 'utf8')),
    JSON.parse(JSON.stringify(policySchema())),
    'write it anew: JSON.stringify(policySchema()) into examples/policies/schema.json, then `npm run format`',
  );
});
