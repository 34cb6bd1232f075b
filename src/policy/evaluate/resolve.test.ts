import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DatabaseField, type Policy, PolicyError, parsePolicy } from '../rules/index.ts';
import { resolve, ruleFor } from './index.ts';

const device = { id: 'A'.repeat(22), groups: ['first', 'second'], classes: ['android'] };

type Body = Omit<Policy, 'name' | 'scope'>;
const policy = (name: string, scope: Policy['scope'], body: Body): Policy =>
  parsePolicy({ name, scope, ...body });
const everyone = (body: Body, name = 'everyone') => policy(name, { global: true }, body);
const group = (name: string, body: Body) => policy(name, { groups: [name] }, body);
const android = (body: Body) => policy('android', { deviceClasses: ['android'] }, body);
const single = (body: Body) => policy('single', { devices: [device.id] }, body);

/** Value and policy of one field for a database's enterprise items. */
function decided(policies: Policy[], field: DatabaseField, database = 'Memos'): string {
  const { value, policy: name } = ruleFor(resolve(policies, device), database, 'enterprise')[field];
  return `${value} by ${name}`;
}

const memos = (row: object): Body => ({ databases: { Memos: row } });
const others = (row: object): Body => ({ databases: { '*': row } });

test('the narrowest scope decides: device, device class, groups in their order, global', () => {
  const all = [
    everyone(memos({ encrypt: 'none' })),
    group('second', memos({ encrypt: 'user' })),
    group('first', memos({ encrypt: 'device' })),
    android(memos({ encrypt: 'database' })),
    single(memos({ encrypt: 'user' })),
  ];
  const values = ['single', 'android', 'first', 'second', 'everyone', 'default'].map((_, i) =>
    decided(all.slice(0, all.length - i), 'encrypt'),
  );
  assert.deepEqual(values, [
    'user by single',
    'database by android',
    'device by first',
    'user by second',
    'none by everyone',
    'database by default',
  ]);
});

test('policies for others say nothing', () => {
  const rules = resolve(
    [
      group('third', memos({ backup: 'allow' })),
      policy('ios', { deviceClasses: ['ios'] }, { refresh: '1h' }),
      policy('other', { devices: ['B'.repeat(22)] }, { destinations: [{ area: 'https://x/' }] }),
    ],
    device,
  );
  assert.deepEqual(rules, resolve([], device));
});

test('every value resolves by itself', () => {
  const policies = [
    everyone(memos({ backup: 'allow', encrypt: 'user', pad: 'off' })),
    single(memos({ encrypt: 'none' })),
  ];
  assert.equal(decided(policies, 'encrypt'), 'none by single');
  assert.equal(decided(policies, 'backup'), 'allow by everyone');
  assert.equal(decided(policies, 'pad'), 'off by everyone');
  assert.equal(decided(policies, 'custody'), 'company by default');
});

test('each threshold of the guard resolves by itself, narrower first, and a lock holds', () => {
  const policies = [
    everyone({ databases: { '*': { guard: { removed: '20%', atLeast: 10 } } } }),
    group('first', memos({ guard: { changed: '90%' } })),
    single(memos({ guard: { removed: '50%' } })),
  ];
  const guard = (all: Policy[], database = 'Memos') =>
    (['guard.removed', 'guard.changed', 'guard.atLeast'] as const).map((field) =>
      decided(all, field, database),
    );
  assert.deepEqual(guard(policies), ['50 by single', '90 by first', '10 by everyone']);
  assert.deepEqual(guard(policies, 'Tasks'), ['20 by everyone', '60 by default', '10 by everyone']);
  assert.deepEqual(guard([]), ['30 by default', '60 by default', '25 by default']);

  const locked = everyone({ databases: { '*': { guard: { removed: '20%' }, locked: true } } });
  assert.deepEqual(guard([locked, ...policies.slice(1)]).slice(0, 2), ['20 by everyone', '90 by first']);
  const byClass: Body = { classes: { enterprise: { guard: { removed: '5%' } } } };
  assert.equal(decided([...policies, everyone(byClass, 'class')], 'guard.removed'), '5 by class');
});

test('a row with the name comes before `*`, whatever the scopes', () => {
  const policies = [everyone(memos({ encrypt: 'user' })), single(others({ encrypt: 'none', pad: 'off' }))];
  assert.equal(decided(policies, 'encrypt'), 'user by everyone');
  assert.equal(decided(policies, 'pad'), 'off by single');
  assert.equal(decided(policies, 'encrypt', 'Tasks'), 'none by single');
});

test('a class replaces the database, from whichever scope', () => {
  const policies = [
    everyone({ classes: { enterprise: { custody: 'company' } } }),
    single(memos({ custody: 'any', into: 'allow' })),
  ];
  assert.equal(decided(policies, 'custody'), 'company by everyone');
  const { custody } = ruleFor(resolve(policies, device), 'Memos', 'personal');
  assert.equal(custody.value, 'any');
});

test('a deny wins over every allow, narrower or by class, and over a lock', () => {
  assert.equal(
    decided([everyone(memos({ backup: 'deny' })), single(memos({ backup: 'allow' }))], 'backup'),
    'deny by everyone',
  );
  assert.equal(
    decided(
      [everyone(memos({ backup: 'allow', locked: true })), single(memos({ backup: 'deny' }))],
      'backup',
    ),
    'deny by single',
  );
  const byClass: Body = { classes: { enterprise: { backup: 'deny' } } };
  assert.equal(
    decided([everyone(byClass), single(memos({ backup: 'allow' }))], 'backup'),
    'deny by everyone',
  );
  const allowed: Body = { classes: { enterprise: { backup: 'allow' } } };
  assert.equal(decided([everyone(memos({ backup: 'deny' })), single(allowed)], 'backup'), 'deny by everyone');
  assert.equal(
    decided([everyone(others({ backup: 'deny' })), single(allowed)], 'backup'),
    'deny by everyone',
  );
  assert.equal(decided([everyone(allowed)], 'backup'), 'allow by everyone');
  assert.equal(
    decided([everyone(memos({ into: 'deny' })), single(memos({ into: 'allow' }))], 'into'),
    'deny by everyone',
  );
});

test('a deny for `*` is for the databases that no row names', () => {
  const policies = [everyone(others({ backup: 'deny' })), group('first', memos({ backup: 'allow' }))];
  assert.equal(decided(policies, 'backup'), 'allow by first');
  assert.equal(decided(policies, 'backup', 'Tasks'), 'deny by everyone');
  // Named, but nothing said about backup: still one of the others.
  assert.equal(
    decided([...policies, single({ databases: { Tasks: { pad: 'off' } } })], 'backup', 'Tasks'),
    'deny by everyone',
  );
});

test('locked fixes what its row says against narrower scopes', () => {
  const locked = everyone(memos({ encrypt: 'user', locked: true }));
  assert.equal(
    decided([locked, single(memos({ encrypt: 'none', pad: 'off' }))], 'encrypt'),
    'user by everyone',
  );
  assert.equal(decided([locked, single(memos({ encrypt: 'none', pad: 'off' }))], 'pad'), 'off by single');
  // the broadest lock counts
  assert.equal(
    decided([locked, group('first', memos({ encrypt: 'none', locked: true }))], 'encrypt'),
    'user by everyone',
  );
  // a lock of a group holds against the device, not against a group before it
  const second = group('second', memos({ encrypt: 'user', locked: true }));
  assert.equal(decided([second, single(memos({ encrypt: 'none' }))], 'encrypt'), 'user by second');
  assert.equal(decided([second, group('first', memos({ encrypt: 'device' }))], 'encrypt'), 'device by first');
});

test('a locked `*` row also holds against narrower rows that name the database', () => {
  const locked = everyone(others({ encrypt: 'user', backup: 'deny', locked: true }));
  assert.equal(decided([locked, single(memos({ encrypt: 'none' }))], 'encrypt'), 'user by everyone');
  assert.equal(decided([locked, single(memos({ backup: 'allow' }))], 'backup'), 'deny by everyone');
  // but not against one of the same scope
  assert.equal(decided([locked, everyone(memos({ backup: 'allow' }), 'named')], 'backup'), 'allow by named');
});

test('a locked value is not replaced by a class of a narrower scope, but by one of its own', () => {
  const locked = everyone(memos({ custody: 'company', locked: true }));
  const custody: Body = { classes: { enterprise: { custody: 'user', into: 'allow' } } };
  assert.equal(decided([locked, single(custody)], 'custody'), 'company by everyone');
  assert.equal(decided([locked, everyone(custody, 'same')], 'custody'), 'user by same');
});

test('settings of the device, and where they came from', () => {
  const rules = resolve(
    [
      everyone({
        restore: { unencrypted: 'refuse-file', locked: true },
        schedule: { every: '24h', alertAfter: '5d' },
        retention: { keep: '30d' },
        verify: { every: '7d', locked: true },
        refresh: '12h',
        expires: '7d',
        destinations: [{ area: 'https://backup.example/a' }],
      }),
      group('first', {
        restore: { unencrypted: 'accept' },
        schedule: { every: '4h' },
        verify: { every: '1h', sample: '5%' },
        expires: '10h',
        whenStale: 'allow',
      }),
    ],
    device,
  );
  assert.deepEqual(rules.unencrypted, {
    value: 'refuse-file',
    policy: 'everyone',
    scope: 'global',
    locked: true,
  });
  assert.deepEqual(rules.whenStale, { value: 'allow', policy: 'first', scope: 'group' });
  assert.deepEqual(rules.schedule, { every: 4 * 3_600_000, alertAfter: 5 * 86_400_000 });
  assert.deepEqual(rules.retention, { keep: 30 * 86_400_000 });
  assert.deepEqual(rules.verify, { every: 7 * 86_400_000, sample: 5 });
  assert.deepEqual([rules.expires, rules.refresh], [10 * 3_600_000, 5 * 3_600_000]);
  assert.deepEqual(rules.destinations, [{ area: 'https://backup.example/a' }]);
  assert.deepEqual(rules.origins, {
    'schedule.every': 'first',
    'schedule.alertAfter': 'everyone',
    'retention.keep': 'everyone',
    'verify.sample': 'first',
    'verify.every': 'everyone',
    refresh: 'everyone',
    expires: 'first',
    destinations: 'everyone',
  });
});

test('without any policy: nothing is backed up, and the strictest of the rest', () => {
  const rules = resolve([], device);
  assert.deepEqual(
    Object.values(ruleFor(rules, 'Memos', 'personal')).map(({ value, policy: name }) => `${value} ${name}`),
    ['deny', 'database', 'skip', 'any', 'on', 'on', 'batch', 'deny', 'deny', 30, 60, 25].map(
      (value) => `${value} default`,
    ),
  );
  assert.equal(ruleFor(rules, 'Passwords', 'personal').compress.value, 'off');
  assert.equal(rules.unencrypted.value, 'end');
  assert.equal(rules.whenStale.value, 'block');
  assert.deepEqual(rules.destinations, []);
});

test('databases may have the names that objects have by nature', () => {
  const named = JSON.parse('{"databases":{"__proto__":{"backup":"allow"}}}') as Body;
  assert.equal(decided([everyone(named)], 'backup', '__proto__'), 'allow by everyone');
  assert.equal(decided([everyone(named)], 'backup', 'constructor'), 'deny by default');
});

test('two policies of one name cannot be told apart', () => {
  const twice = [everyone({}), group('everyone', {})];
  assert.throws(
    () => resolve(twice, device),
    (error) => error instanceof PolicyError && error.code === 'ERR_POLICY_DUPLICATE',
  );
});

test('custody by default: the company opens its own data, and either opens personal data', () => {
  const rules = resolve([everyone(memos({ backup: 'allow' }))], device);
  assert.equal(ruleFor(rules, 'Memos', 'enterprise').custody.value, 'company');
  assert.equal(ruleFor(rules, 'Memos', 'personal').custody.value, 'any');
});

test('another policy keeps data inside: the user alone no longer opens it, and nobody else does instead', () => {
  const inside = group('first', { classes: { enterprise: { into: 'deny' } } });
  const given = (custody: string) => everyone(memos({ custody, into: 'allow' }));
  assert.equal(decided([given('any')], 'custody'), 'any by everyone');
  assert.equal(decided([given('any'), inside], 'custody'), 'company by first');
  assert.equal(decided([given('user'), inside], 'custody'), 'all by first');
  const personal = ruleFor(resolve([given('user'), inside], device), 'Memos', 'personal');
  assert.equal(personal.custody.value, 'user');
});

test('sharing: no by default, any deny wins, and data that stays inside is not shared', () => {
  const given = everyone(memos({ share: 'allow', into: 'allow' }));
  assert.equal(decided([], 'share'), 'deny by default');
  assert.equal(decided([given], 'share'), 'allow by everyone');
  assert.equal(decided([given, single(memos({ share: 'deny' }))], 'share'), 'deny by single');
  assert.equal(
    decided([everyone(memos({ share: 'deny' })), single(memos({ share: 'allow', into: 'allow' }))], 'share'),
    'deny by everyone',
  );
  const byClass = group('first', { classes: { enterprise: { share: 'deny' } } });
  assert.equal(decided([given, byClass], 'share'), 'deny by first');
  const inside = group('first', { classes: { enterprise: { into: 'deny' } } });
  assert.equal(decided([given, inside], 'share'), 'deny by first');
  assert.equal(ruleFor(resolve([given, inside], device), 'Memos', 'personal').share.value, 'allow');
});
