import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeRules, encodeRules, type Policy, parsePolicy, scopeOf } from '../rules/index.ts';
import { applicable } from './applicable.ts';
import { explain, resolve, ruleFor } from './index.ts';

const device = { id: 'A'.repeat(22), groups: ['first', 'second'], classes: ['android'] };
const databases = ['Memos', 'Tasks', 'Messages'];
const itemClasses = ['enterprise', 'personal'] as const;

const some = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const anyRow = fc.record(
  {
    backup: some('allow', 'deny'),
    encrypt: some('none', 'user', 'database'),
    custody: some('company', 'user', 'any'),
    into: some('allow', 'deny'),
    share: some('allow', 'deny'),
    guard: fc.record({ removed: some('0%', '30%'), atLeast: fc.nat(9) }, { requiredKeys: [] }),
    locked: fc.boolean(),
  },
  { requiredKeys: [] },
);
/** What the user alone, or somebody else, opens may go elsewhere, or is no policy. */
const row = anyRow.map((one) =>
  one.custody === 'any' || one.custody === 'user' || one.share === 'allow' ? { ...one, into: 'allow' } : one,
);
const scope = some<Policy['scope']>(
  { global: true },
  { groups: ['first'] },
  { groups: ['second', 'third'] },
  { deviceClasses: ['android'] },
  { devices: [device.id] },
  { groups: ['third'] },
);
const body = fc.record(
  {
    databases: fc.dictionary(some(...databases, '*'), row),
    classes: fc.record({ enterprise: row, personal: row }, { requiredKeys: [] }),
    classify: fc.array(
      fc.record({ path: some('a/**', '**'), class: some(...itemClasses), locked: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    retention: fc.record({ keep: some('1d', '2d'), locked: fc.boolean() }, { requiredKeys: [] }),
    verify: fc.record({ every: some('1d', '2d'), sample: some('1%', '5%') }, { requiredKeys: [] }),
    refresh: some('1h', '2h'),
  },
  { requiredKeys: [] },
);
const policies = fc
  .array(fc.tuple(scope, body), { maxLength: 6 })
  .map((all) => all.map(([to, what], i) => parsePolicy({ name: `p${i}`, scope: to, ...what })));

test('a deny that applies is never overruled', () => {
  fc.assert(
    fc.property(policies, (all) => {
      const rules = resolve(all, device);
      const applied = applicable(all, device).map(({ policy }) => policy);
      for (const field of ['backup', 'into'] as const) {
        for (const database of databases) {
          const denied = applied.some((policy) => policy.databases?.[database]?.[field] === 'deny');
          const named = applied.some((policy) => policy.databases?.[database]?.[field] !== undefined);
          const othersDenied = applied.some((policy) => policy.databases?.['*']?.[field] === 'deny');
          for (const itemClass of itemClasses) {
            const classDenied = applied.some((policy) => policy.classes?.[itemClass]?.[field] === 'deny');
            if (denied || classDenied || (othersDenied && !named)) {
              assert.equal(ruleFor(rules, database, itemClass)[field].value, 'deny');
            }
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('nothing is allowed that no policy for the device allows', () => {
  fc.assert(
    fc.property(policies, (all) => {
      const rules = resolve(all, device);
      for (const { field, value, policy, scope: level } of explain(rules).databases) {
        if (value !== 'allow') continue;
        const author = all.find(({ name }) => name === policy);
        assert.ok(author, `${field}: ${policy}`);
        assert.equal(scopeOf(author.scope).level, level);
        assert.ok(JSON.stringify(author).includes(`"${field}":"allow"`));
      }
    }),
  );
});

test('what the broadest scope locks for a database, nothing narrower changes', () => {
  fc.assert(
    fc.property(policies, some('none', 'user', 'database'), some(...databases), (all, encrypt, database) => {
      const narrower = all.filter((policy) => !('global' in policy.scope));
      const top = (name: string) =>
        parsePolicy({
          name: 'top',
          scope: { global: true },
          databases: { [name]: { encrypt, locked: true } },
        });
      for (const name of [database, '*']) {
        const rules = resolve([...narrower, top(name)], device);
        for (const itemClass of itemClasses) {
          assert.equal(ruleFor(rules, database, itemClass).encrypt.policy, 'top');
        }
      }
    }),
  );
});

test('the order in which policies are stored makes no difference', () => {
  const shuffled = policies.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, ([all, other]) => {
      assert.equal(text(resolve(other, device)), text(resolve(all, device)));
    }),
  );
});

test('a policy for others changes nothing', () => {
  fc.assert(
    fc.property(policies, body, (all, what) => {
      const unrelated = parsePolicy({ name: 'unrelated', scope: { groups: ['elsewhere'] }, ...what });
      assert.deepEqual(resolve([unrelated, ...all], device), resolve(all, device));
    }),
  );
});

test('rules survive their message', () => {
  fc.assert(
    fc.property(policies, (all) => {
      const rules = resolve(all, device);
      assert.deepEqual(decodeRules(JSON.parse(text(rules))), JSON.parse(JSON.stringify(rules)));
    }),
  );
});

const text = (rules: Parameters<typeof encodeRules>[0]): string => JSON.stringify(encodeRules(rules));

test('the user alone opens data of the company only where it may be restored elsewhere', () => {
  fc.assert(
    fc.property(policies, some(...databases), (all, database) => {
      const { custody, into, share } = ruleFor(resolve(all, device), database, 'enterprise');
      if (into.value === 'allow') return;
      assert.ok(custody.value === 'company' || custody.value === 'all');
      assert.equal(share.value, 'deny');
    }),
  );
});
