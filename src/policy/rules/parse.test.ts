import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PolicyError } from './errors.ts';
import { parsePolicy, policyProblems, showProblem } from './parse.ts';

const least = { name: 'a', scope: { global: true } };

const full = {
  name: 'sales-phones',
  scope: { groups: ['sales'] },
  classify: [
    { source: 'folder', path: '**/Work/**', class: 'enterprise', locked: true },
    { label: '*@home.example', class: 'personal' },
  ],
  databases: {
    Messages: { backup: 'allow', encrypt: 'database', custody: 'company', locked: true },
    'Voice Mail': { backup: 'deny' },
    Games: { backup: 'allow', encrypt: 'none', plain: 'skip' },
    '*': {
      backup: 'allow',
      encrypt: 'user',
      custody: 'any',
      compress: 'off',
      pad: 'off',
      granularity: 'item',
      guard: { removed: '30%', changed: '100%', atLeast: 0 },
    },
  },
  classes: { enterprise: { custody: 'company', into: 'deny' } },
  restore: { unencrypted: 'refuse-database', locked: true },
  destinations: [{ area: 'https://backup.example/areas/sales' }],
  schedule: { every: '24h', alertAfter: '5d' },
  retention: { keep: '30d' },
  verify: { every: '7d', sample: '5%', locked: true },
  refresh: '12h',
  expires: '7d',
  whenStale: 'block',
};

test('every field there is, and the least there can be', () => {
  assert.deepEqual(parsePolicy(full), full);
  assert.deepEqual(parsePolicy(least), least);
  assert.deepEqual(parsePolicy(JSON.parse(JSON.stringify(parsePolicy(full)))), full);
});

/** What is wrong, and the line that says so. */
const refused: readonly (readonly [value: unknown, line: string | RegExp])[] = [
  [
    { ...least, databases: { Messages: { encrypt: 'aes' } } },
    'databases.Messages.encrypt: "aes" is not one of none, user, device, database',
  ],
  [
    { ...least, databases: { 'a.b': { backup: 'no' } } },
    'databases["a.b"].backup: "no" is not one of allow, deny',
  ],
  [{ ...least, databases: { 'x ': {} } }, /^databases\.x : "x " is not the name of a database/],
  [{ ...least, databases: { ['\u00fc'.repeat(101)]: {} } }, /^databases\[.* is more than 200 bytes$/],
  [{ ...least, databases: [] }, 'databases: expected fields, found a list'],
  [{ ...least, databases: { Messages: null } }, 'databases.Messages: expected fields, found null'],
  [{ ...least, database: {} }, /^database: unknown field; known are name, scope, classify, databases, /],
  [{ ...least, restore: { unencrypted: 'end', plain: 'skip' } }, /^restore\.plain: unknown field/],
  [
    { ...least, databases: { Messages: { guard: { removed: 30 } } } },
    'databases.Messages.guard.removed: 30 is not a share such as 30%',
  ],
  [
    { ...least, databases: { Messages: { guard: { removed: '101%' } } } },
    'databases.Messages.guard.removed: "101%" is not a share such as 30%',
  ],
  [
    { ...least, databases: { Messages: { guard: { atLeast: -1 } } } },
    'databases.Messages.guard.atLeast: -1 is not a number of items',
  ],
  [
    { ...least, databases: { Messages: { guard: { deleted: '30%' } } } },
    'databases.Messages.guard.deleted: unknown field; known are removed, changed, atLeast',
  ],
  [{ ...least, verify: { every: '7d', sample: '0.5%' } }, /^verify\.sample: "0\.5%" is not a share/],
  [{ ...least, toString: 1 }, /^toString: unknown field/],
  [{ scope: { global: true } }, 'name: is missing'],
  [{ ...least, name: 'a b' }, /^name: "a b" is not a policy name/],
  [{ ...least, name: 'default' }, /^name: "default" is the name of what no policy decides/],
  [{ name: 'a' }, 'scope: is missing'],
  [{ ...least, scope: {} }, 'scope: expected exactly one of global, groups, deviceClasses, devices'],
  [{ ...least, scope: { global: true, groups: ['a'] } }, /^scope: expected exactly one of/],
  [{ ...least, scope: { global: false } }, 'scope.global: false is not true'],
  [{ ...least, scope: { groups: [] } }, 'scope.groups: expected 1 to 1000 entries'],
  [
    { ...least, scope: { devices: ['phone'] } },
    'scope.devices[0]: "phone" is not a device id of 22 characters',
  ],
  [{ ...least, schedule: { every: 24 } }, 'schedule.every: 24 is not a duration such as 30s, 15m, 24h or 7d'],
  [{ ...least, retention: { keep: '1w' } }, /^retention\.keep: "1w" is not a duration/],
  [{ ...least, refresh: '7d', expires: '7d' }, 'refresh: "7d" is not shorter than expires "7d"'],
  [
    { ...least, schedule: { every: '2d', alertAfter: '24h' } },
    'schedule.alertAfter: "24h" is not longer than every "2d"',
  ],
  [
    { ...least, classify: [{ class: 'personal' }] },
    'classify[0]: needs a source, a path or a label to match',
  ],
  [{ ...least, classify: [{ path: '**' }] }, 'classify[0].class: is missing'],
  [
    { ...least, classify: [{ path: 'a{b', class: 'personal' }] },
    'classify[0].path: "a{b" has a brace that is not closed',
  ],
  [{ ...least, classes: { private: {} } }, 'classes.private: unknown field; known are enterprise, personal'],
  [
    { ...least, destinations: [{ area: 'ftp://x/' }] },
    /^destinations\[0\]\.area: "ftp:\/\/x\/" is not the URI/,
  ],
  [
    { ...least, destinations: [{ area: 'https://u:p@x/' }] },
    /must not hold a user, a password or a fragment$/,
  ],
  [{ ...least, destinations: [{ area: 'https://[' }] }, /is not a URI$/],
  [{ ...least, whenStale: 'refuse' }, 'whenStale: "refuse" is not one of block, allow'],
  [null, 'expected fields, found null'],
  ['name: a', 'expected fields, found "name: a"'],
  [{ ...least, name: 'a\u009b\n'.repeat(99) }, /^name: "a\ufffd\\na.{0,80}\.\.\. is not a policy name/],
];

for (const [value, line] of refused) {
  test(`refused: ${line}`, () => {
    assert.throws(
      () => parsePolicy(value),
      (error) => {
        assert.ok(error instanceof PolicyError);
        assert.equal(error.code, 'ERR_POLICY_INVALID');
        assert.equal(error.kind, 'usage');
        assert.equal(error.problems.length, 1, error.problems.join('\n'));
        if (typeof line === 'string') assert.equal(error.message, line);
        else assert.match(error.message, line);
        assert.doesNotMatch(error.message, /[\p{Cc}\u2028]/u);
        return true;
      },
    );
  });
}

test('everything that is wrong is listed; the message says the first and how many more', () => {
  assert.throws(
    () => parsePolicy({ ...least, refresh: 1, expires: 2, x: 3 }),
    (error) =>
      error instanceof PolicyError && error.problems.length === 3 && error.message.endsWith(' (and 2 more)'),
  );
});

test('names that an object has by nature are names like others', () => {
  const value: unknown = JSON.parse(
    '{"name":"a","scope":{"global":true},"databases":{"__proto__":{"backup":"deny"},"constructor":{}}}',
  );
  assert.deepEqual(Object.keys(parsePolicy(value).databases!), ['__proto__', 'constructor']);
});

test("custody that lets the user alone open the company's data says that it may go elsewhere", () => {
  const problems = (body: object) =>
    policyProblems({ name: 'p', scope: { global: true }, ...body }).map(showProblem);
  for (const custody of ['any', 'user']) {
    const [problem] = problems({ databases: { Memos: { custody } } });
    assert.match(problem!, /^databases\.Memos\.custody: "\w+" lets the user open the company's data alone/);
    const [ofClass] = problems({ classes: { enterprise: { custody } } });
    assert.match(ofClass!, /^classes\.enterprise\.custody: .* say into: allow beside it/);
    for (const fine of [
      { databases: { Memos: { custody, into: 'allow' } } },
      { databases: { Memos: { custody, backup: 'deny' } } },
      { databases: { Memos: { custody } }, classes: { enterprise: { custody: 'company' } } },
      { classes: { personal: { custody } } },
    ])
      assert.deepEqual(problems(fine), []);
  }
  assert.deepEqual(problems({ databases: { Memos: { custody: 'all' } } }), []);
});

test("sharing that lets somebody else open the company's data says that it may go elsewhere", () => {
  const problems = (body: object) =>
    policyProblems({ name: 'p', scope: { global: true }, ...body }).map(showProblem);
  const share = 'allow';
  const [problem] = problems({ databases: { Memos: { share } } });
  assert.match(
    problem!,
    /^databases\.Memos\.share: "allow" lets another person open the company's data alone/,
  );
  assert.match(problems({ classes: { enterprise: { share } } })[0]!, /^classes\.enterprise\.share: /);
  for (const fine of [
    { databases: { Memos: { share, into: 'allow' } } },
    { databases: { Memos: { share, backup: 'deny' } } },
    { databases: { Memos: { share } }, classes: { enterprise: { share: 'deny' } } },
    { classes: { personal: { share } } },
    { databases: { Memos: { share: 'deny' } } },
  ])
    assert.deepEqual(problems(fine), []);
  assert.match(problems({ databases: { Memos: { share: 'maybe' } } })[0]!, /is not one of allow, deny/);
});
