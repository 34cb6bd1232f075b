import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules } from '../../../policy/evaluate/index.ts';
import type { Decided, DeviceRules, PartialRule } from '../../../policy/rules/index.ts';
import { classesOf, databaseRows, makeGate, passSources } from './index.ts';

const by =
  (policy: string) =>
  <T>(value: T): Decided<T> => ({ value, policy });
const sales = by('sales');
const open: PartialRule = { backup: sales('allow'), encrypt: sales('user'), custody: sales('company') };

const rules: DeviceRules = {
  classify: [
    { source: 'folder', path: '**/Work/**', class: 'enterprise' },
    { label: 'private*', class: 'personal' },
    { source: 'folder', path: 'Home/**', class: 'personal' },
  ],
  databases: {
    'Address Book': open,
    'Voice Mail': { backup: by('security')('deny') },
    Games: { ...open, encrypt: sales('none') },
    Own: { ...open, custody: sales('user'), into: sales('allow') },
    Files: open,
    Keyless: open,
    '*': { encrypt: sales('device') },
  },
  classes: { personal: { backup: by('privacy')('deny') } },
  unencrypted: sales('refuse-file'),
  destinations: [],
  schedule: {},
  retention: {},
  refresh: 1,
  expires: 2,
  whenStale: sales('block'),
};
const gateOf = (from: DeviceRules) =>
  makeGate(compileRules(from), ({ database, custody }) => database !== 'Keyless' && custody === 'company');
const gate = gateOf(rules);
const source = (database: string, kind = 'vcard', label = database) => ({
  database,
  kind,
  label,
  path: '/x',
  exclude: [],
});

test('classes that a source can have', () => {
  assert.deepEqual(classesOf(rules, { kind: 'vcard', label: 'contacts' }), ['enterprise']);
  assert.deepEqual(classesOf(rules, { kind: 'vcard', label: 'private.vcf' }), ['personal']);
  assert.deepEqual(classesOf(rules, { kind: 'folder', label: 'docs' }), ['enterprise', 'personal']);
});

test('only what a policy allows passes, and what does not says which policy decided', () => {
  const sources = ['Address Book', 'Voice Mail', 'Games', 'Own', 'Nobody said', 'Keyless'].map((name) =>
    source(name),
  );
  const { passed, keptOut } = passSources(gate, [
    ...sources,
    source('Files', 'folder', 'docs'),
    source('Files', 'vcard', 'private'),
  ]);
  assert.deepEqual(
    passed.map(({ source }) => source.label),
    ['Address Book', 'docs'],
  );
  assert.deepEqual(
    keptOut.map((out) => [out.label, out.class, out.code, out.policy]),
    [
      ['Voice Mail', 'enterprise', 'denied', 'security'],
      ['Games', 'enterprise', 'skipped', 'sales'],
      ['Own', 'enterprise', 'no-owner', 'sales'],
      ['Nobody said', 'enterprise', 'denied', 'default'],
      ['Keyless', 'enterprise', 'no-key', 'sales'],
      ['docs', 'personal', 'denied', 'privacy'],
      ['private', 'personal', 'denied', 'privacy'],
    ],
  );
  const docs = passed[1]!;
  assert.equal(docs.classify('Home/letter'), 'personal');
  assert.equal(docs.rules('personal').backup, 'deny');
  assert.equal(docs.classify('Home/Work/plan'), 'enterprise');
  assert.deepEqual([docs.rules('enterprise').backup, docs.rules('enterprise').encrypt], ['allow', 'user']);
});

test('a backup file takes what is to be sent plain, and everything item by item unless a policy says otherwise', () => {
  const fileGate = gateOf({
    ...rules,
    databases: {
      Sent: { ...open, encrypt: sales('none'), plain: by('privacy')('send') },
      Kept: { ...open, encrypt: sales('none'), plain: by('privacy')('skip') },
      Games: { ...open, encrypt: sales('none') },
      Files: open,
      Batches: { ...open, granularity: sales('batch') },
      'Voice Mail': { backup: by('security')('deny') },
    },
  });
  const names = ['Sent', 'Kept', 'Games', 'Files', 'Batches', 'Voice Mail'];
  const pass = (place: 'area' | 'file') =>
    passSources(
      fileGate,
      names.map((name) => source(name)),
      place,
    );
  const into = pass('file');
  assert.deepEqual(
    into.passed.map(({ source, rules }) => [source.label, rules('enterprise').granularity]),
    [
      ['Sent', 'item'],
      ['Files', 'item'],
      ['Batches', 'batch'],
    ],
  );
  const [kept, games] = into.keptOut;
  assert.match(kept!.reason, /policy sales .* policy privacy says not to send it plain/);
  assert.match(games!.reason, /policy sales .* no policy says to send it plain/);
  assert.deepEqual(
    pass('area').passed.map(({ source, rules }) => [source.label, rules('enterprise').granularity]),
    [
      ['Files', 'batch'],
      ['Batches', 'batch'],
    ],
  );
  const [sent] = pass('area').keptOut;
  assert.deepEqual([sent?.label, sent?.code, sent?.policy], ['Sent', 'skipped', 'sales']);
  assert.match(sent!.reason, /only a backup file takes it plain/);
});

test('rows: every database that is named or filled, and all others', () => {
  const rows = databaseRows(gate, [source('Address Book'), source('Files', 'folder', 'docs')]);
  const shown = rows.map(
    (row) =>
      `${row.database}/${row.class} ${row.available ? row.openedBy.length : row.policy} ${row.sources}`,
  );
  assert.deepEqual(shown, [
    'Address Book/enterprise 2 Address Book',
    'Files/enterprise 2 docs',
    'Files/personal privacy docs',
    'Games/enterprise sales ',
    'Games/personal privacy ',
    'Keyless/enterprise sales ',
    'Keyless/personal privacy ',
    'Own/enterprise sales ',
    'Own/personal privacy ',
    'Voice Mail/enterprise security ',
    'Voice Mail/personal security ',
    '*/enterprise default ',
    '*/personal privacy ',
  ]);
  assert.match(rows.find((row) => row.database === 'Voice Mail')!.reason!, /policy security does not allow/);
});

test('the row for all others is available under keys that each database gets of its own', () => {
  const noKeys = (more: PartialRule) =>
    makeGate(compileRules({ ...rules, classes: {}, classify: [], databases: { '*': more } }), () => false);
  const others = (more: PartialRule) => {
    const { available, policy, openedBy } = databaseRows(noKeys(more), [])[0]!;
    return [available, policy, openedBy.length];
  };
  assert.deepEqual(others({ ...open, encrypt: by('default')('database') }), [true, 'sales', 2]);
  assert.deepEqual(others(open), [false, 'sales', 0], 'the key of the user is one, and is not here');
  assert.deepEqual(others({ ...open, backup: by('security')('deny') }), [false, 'security', 0]);
  const named = databaseRows(noKeys({ ...open, encrypt: sales('database') }), [source('Notes')]);
  assert.deepEqual(
    named.map(({ database, available }) => [database, available]),
    [
      ['Notes', false],
      ['*', true],
    ],
  );
});

test('who opens goes by custody: the company, the ways in of the user, either, or both together', () => {
  const openedBy = (custody: 'company' | 'user' | 'any' | 'all') => {
    const from: DeviceRules = {
      ...rules,
      classes: {},
      classify: [],
      databases: { '*': { ...open, custody: sales(custody), into: sales('allow') } },
    };
    const [row] = databaseRows(
      makeGate(compileRules(from), () => true, ['card', 'phrase']),
      [],
    );
    return row!.openedBy;
  };
  assert.deepEqual(openedBy('company'), ['the company', "all of the user's devices"]);
  assert.deepEqual(openedBy('user'), ['card', 'phrase']);
  assert.deepEqual(openedBy('any'), ['the company', "all of the user's devices", 'card', 'phrase']);
  assert.deepEqual(openedBy('all'), ['the company together with card', 'the company together with phrase']);
});

test('what the user has to answer first is kept out, and says so; other classes pass', () => {
  const asking = makeGate(
    compileRules({ ...rules, classes: {} }),
    () => true,
    [],
    (database, itemClass) =>
      database === 'Files' && itemClass === 'personal' ? { reason: 'asked', policy: 'sales' } : undefined,
  );
  const { passed, keptOut } = passSources(asking, [source('Files', 'folder', 'docs')]);
  assert.equal(passed[0]?.rules('enterprise').backup, 'allow');
  assert.deepEqual(
    keptOut.map(({ class: itemClass, code }) => [itemClass, code]),
    [['personal', 'unanswered']],
  );
});

test("with ways in, a key that is missing is the company's", () => {
  const from: DeviceRules = { ...rules, databases: { Own: { ...open, custody: sales('all') } } };
  const gate = makeGate(compileRules(from), () => false, ['card']);
  assert.equal(gate.barrier('Own', 'enterprise')?.code, 'no-key');
});

test('without any rules nothing passes', () => {
  const none = gateOf({ ...rules, databases: {}, classes: {}, classify: [] });
  assert.deepEqual(passSources(none, [source('Address Book')]).passed, []);
});

test('what is shared needs a rule that allows it, and is sealed for ways in alone', () => {
  const shared: DeviceRules = {
    ...rules,
    databases: {
      Plans: { ...open, into: sales('allow'), share: sales('allow') },
      Inside: { ...open, share: sales('allow') },
      Files: open,
      Notes: { ...open, into: sales('allow'), share: by('security')('deny') },
      'Voice Mail': { backup: by('security')('deny'), into: sales('allow'), share: sales('allow') },
    },
  };
  const names = Object.keys(shared.databases).map((name) => source(name));
  const pass = (...ways: string[]) =>
    passSources(
      makeGate(compileRules(shared), () => false, ways),
      names,
      'share',
    );
  const { passed, keptOut } = pass('card');
  assert.deepEqual(
    passed.map(({ source: { label }, rules: of }) => [
      label,
      of('enterprise').custody,
      of('enterprise').encrypt,
    ]),
    [['Plans', 'user', 'user']],
  );
  assert.deepEqual(
    keptOut.map(({ label, code, policy }) => [label, code, policy]),
    [
      ['Inside', 'denied', 'default'],
      ['Files', 'denied', 'default'],
      ['Notes', 'denied', 'security'],
      ['Voice Mail', 'denied', 'security'],
    ],
  );
  assert.match(keptOut[2]!.reason, /policy security does not allow to share it/);
  assert.equal(pass().keptOut[0]?.code, 'no-owner');
});
