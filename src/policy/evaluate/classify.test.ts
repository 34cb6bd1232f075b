import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from '../rules/index.ts';
import { classify, compileRules, resolve } from './index.ts';

const device = { id: 'A'.repeat(22), groups: ['sales'], classes: [] };

const rulesOf = (...entries: object[]) =>
  resolve([parsePolicy({ name: 'p', scope: { global: true }, classify: entries })], device);

const folder = { source: 'folder', label: 'Documents' };

test('the first entry that matches assigns the class; all its conditions have to match', () => {
  const rules = rulesOf(
    { source: 'folder', path: 'Work/**', class: 'enterprise' },
    { source: 'folder', label: 'Doc*', class: 'personal' },
    { label: '*@home.example', class: 'personal' },
  );
  assert.equal(classify(rules, { ...folder, path: 'Work/a' }), 'enterprise');
  assert.equal(classify(rules, { ...folder, path: 'Home/a' }), 'personal');
  assert.equal(classify(rules, { source: 'folder', label: 'Other', path: 'Home/a' }), 'enterprise');
  assert.equal(classify(rules, { source: 'vcard', label: 'me@home.example', path: '' }), 'personal');
});

test('what no entry matches is enterprise on a managed device, personal otherwise', () => {
  const rules = rulesOf({ path: 'a', class: 'personal' });
  assert.equal(classify(rules, { ...folder, path: 'b' }), 'enterprise');
  assert.equal(classify(rules, { ...folder, path: 'b' }, 'personal'), 'personal');
});

test('narrower scopes are asked first, except where a broader one locked its entry', () => {
  const entry = (path: string, of: string, locked = false) => ({ path, class: of, locked });
  const rules = resolve(
    [
      parsePolicy({
        name: 'everyone',
        scope: { global: true },
        classify: [entry('Secret/**', 'enterprise', true), entry('**', 'enterprise')],
      }),
      parsePolicy({
        name: 'sales',
        scope: { groups: ['sales'] },
        classify: [entry('Home/**', 'personal', true), entry('**', 'personal')],
      }),
    ],
    device,
  );
  assert.deepEqual(
    rules.classify.map(({ path, policy }) => `${path} ${policy}`),
    ['Secret/** everyone', 'Home/** sales', '** sales', '** everyone'],
  );
  assert.equal(classify(rules, { ...folder, path: 'Secret/a' }), 'enterprise');
  assert.equal(classify(rules, { ...folder, path: 'a' }), 'personal');
});

test('compiled, the rules are quick enough to be asked for every item', () => {
  const compiled = compileRules(
    rulesOf(
      { source: 'vcard', class: 'personal' },
      { source: 'folder', path: '**/Work/**', class: 'enterprise' },
      { source: 'folder', path: '**/*.{jpg,jpeg,png}', class: 'personal' },
    ),
  );
  const start = performance.now();
  let enterprise = 0;
  for (let i = 0; i < 100_000; i++) {
    const itemClass = compiled.classify({
      ...folder,
      path: `2026/${i % 2 ? 'Work' : 'Home'}/picture ${i}.jpg`,
    });
    if (itemClass === 'enterprise') enterprise++;
    compiled.ruleFor('Pictures', itemClass);
  }
  assert.equal(enterprise, 50_000);
  assert.ok(performance.now() - start < 2000);
});
