import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PolicyError } from '../index.ts';
import { MAX_POLICY_TEXT, readPolicy } from './index.ts';

const head = 'name: a\nscope: { global: true }\n';
const examples = new URL('../../../../examples/policies/', import.meta.url);
const files = readdirSync(examples).filter((file) => file.endsWith('.yaml'));

for (const file of files) {
  test(`example ${file} is a policy and is named after its file`, () => {
    const policy = readPolicy(readFileSync(new URL(file, examples), 'utf8'), file);
    assert.equal(`${policy.name}.yaml`, file);
  });
}

test('there are examples', () => assert.ok(files.length >= 4));

test('the examples in docs/policy.md are policies', () => {
  const text = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  // Two files side by side are for people.
  const single = blocks.filter((block) => !/^#.* {4}#/.test(block));
  assert.ok(single.length >= 3);
  for (const block of single) readPolicy(block.startsWith('name:') ? block : `${head}${block}`);
});

test('YAML and JSON give the same policy; `off` and `on` are words', () => {
  const yaml =
    '# why\nname: a\nscope: { global: true }\ndatabases:\n  Voice Mail: { compress: off, pad: on }\n';
  const json =
    '{\n\t"name": "a",\n\t"scope": { "global": true },\n\t"databases": {\n\t\t"Voice Mail": { "compress": "off", "pad": "on" }\n\t}\n}';
  assert.deepEqual(readPolicy(yaml), readPolicy(json));
  assert.deepEqual(readPolicy(`\ufeff${yaml.replaceAll('\n', '\r\n')}`), readPolicy(json));
});

test('an alias is a convenience', () => {
  const policy = readPolicy(
    'name: a\nscope: {global: true}\ndatabases:\n  Memos: &row { backup: allow }\n  Tasks: *row\n',
  );
  assert.deepEqual(policy.databases?.Tasks, { backup: 'allow' });
});

const aliasBomb = `a: &a [x,x,x]\n${[...'bcdefghij']
  .map((c, i) => {
    const before = 'abcdefghi'[i];
    return `${c}: &${c} [*${before},*${before},*${before}]\n`;
  })
  .join('')}`;

const refused: readonly (readonly [what: string, text: string, message: string | RegExp])[] = [
  [
    'a wrong value',
    `${head}databases:\n  Messages: { backup: allow, encrypt: aes }\n`,
    'x.yaml:4:39: databases.Messages.encrypt: "aes" is not one of none, user, device, database',
  ],
  ['an unknown field', `${head}restor: {}\n`, /^x\.yaml:3:1: restor: unknown field; known are /],
  [
    'an unknown field below',
    `${head}databases:\n  Memos: { bakup: allow }\n`,
    /^x\.yaml:4:12: databases\.Memos\.bakup: /,
  ],
  ['a missing field', 'name: a\n', 'x.yaml:1:1: scope: is missing'],
  [
    'a missing field below',
    `${head}classify:\n  - { path: a }\n`,
    'x.yaml:4:5: classify[0].class: is missing',
  ],
  ['a key twice', `${head}name: b\n`, 'x.yaml:3:1: Map keys must be unique'],
  ['a database twice', `${head}databases:\n  M: {}\n  M: {}\n`, 'x.yaml:5:3: Map keys must be unique'],
  ['a tag of its own', 'name: !secret a\n', /^x\.yaml:1:7: Unresolved tag/],
  ['a tag', 'name: !!str a\n', /tags are not read$/],
  ['binary data', 'name: !!binary aGFsbG8=\n', /tags are not read$/],
  ['two documents', `${head}---\n${head}`, 'x.yaml:3:1: Source contains multiple documents'],
  ['old YAML', `%YAML 1.1\n---\n${head}`, /only YAML 1\.2 is read$/],
  [
    'a merge key',
    `${head}databases:\n  A: &a { pad: off }\n  B: { <<: *a }\n`,
    /databases\.B\["<<"\]: unknown field/,
  ],
  ['a list as key', `${head}[a]: 1\n`, 'x.yaml:3:1: a key has to be a plain name'],
  ['a broken text', `${head}databases: { Memos: { backup: allow }\n`, /^x\.yaml:\d+:\d+: /],
  ['nothing', '', 'x.yaml:1:1: expected fields, found null'],
  ['too long a text', `#${'x'.repeat(MAX_POLICY_TEXT)}`, 'x.yaml: more than 262144 characters'],
  ['too deep a text', '['.repeat(50_000), /nested too deep$/],
  ['aliases of aliases', aliasBomb, /x\.yaml: too many aliases$/],
  ['many aliases', `a: &a x\nb: [${'*a,'.repeat(101)}]\n`, /more than 100 aliases$/],
  ['itself within itself', `${head}databases: &a { Memos: *a }\n`, /databases\.Memos\.Memos: unknown field/],
];

for (const [what, text, message] of refused) {
  test(`refused with its place: ${what}`, () => {
    assert.throws(
      () => readPolicy(text, 'x.yaml'),
      (error) => {
        assert.ok(error instanceof PolicyError, String(error));
        assert.equal(error.kind, 'usage');
        const [line = ''] = error.problems;
        if (typeof message === 'string') assert.equal(line, message);
        else assert.match(line, message);
        assert.ok(!line.includes('\n'));
        return true;
      },
    );
  });
}
