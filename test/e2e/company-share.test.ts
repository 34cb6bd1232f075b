/** Two colleagues, by the real command line: policy says what may be shared, and the server who somebody is (N11). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createSoftwareWim, lowestCost } from '../../src/custody/wim/index.ts';
import { type Person, person } from '../world/person.ts';
import { type World, type WorldDevice, world } from '../world.ts';
import { type Ended, holdfast } from './cli-command.ts';

const row = { backup: 'allow', encrypt: 'user', into: 'allow' };
const policy = (share: object = { share: 'allow' }) => ({
  name: 'everyone',
  scope: { global: true },
  classify: [{ source: 'folder', path: 'Private/**', class: 'personal' }],
  databases: { Plans: { ...row, ...share }, Payroll: { ...row, share: 'deny' }, '*': row },
  classes: { personal: { share: 'deny' } },
});

let it: World;
let ann: WorldDevice;
let bob: WorldDevice;
let eve: WorldDevice;
const at = (...names: string[]) => join(it.directory, ...names);
const key = (name: string) => ['--wim', at(`${name}.wim`), '--secret-file', at('passphrase')];

before(async () => {
  it = await world({
    users: { ann: { devices: ['laptop'] }, bob: { devices: ['laptop'] }, eve: { devices: ['laptop'] } },
    policies: [policy()],
  });
  [ann, bob, eve] = ['ann', 'bob', 'eve'].map((name) => it.device(name, 'laptop')) as [
    WorldDevice,
    WorldDevice,
    WorldDevice,
  ];
  await writeFile(at('passphrase'), 'a passphrase for tests');
  for (const name of ['ann', 'bob', 'eve'])
    await createSoftwareWim(at(`${name}.wim`), 'key', 'a passphrase for tests', lowestCost);
  await mkdir(at('plans', 'Private'), { recursive: true });
  await writeFile(at('plans', 'roof'), 'the plan of a roof');
  await writeFile(at('plans', 'cellar'), 'the plan of a cellar');
  await writeFile(at('plans', 'Private', 'diary'), 'for nobody');
  await mkdir(at('payroll'));
  await writeFile(at('payroll', 'march'), 'who earns what');
  for (const [name, path] of [
    ['Plans', 'plans'],
    ['Payroll', 'payroll'],
  ] as const)
    await done(ann.cli(['source', 'add', name, 'folder', at(path), '--as', path]));
});
after(() => it?.[Symbol.asyncDispose]());

async function done(command: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await command;
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

async function fails(command: Promise<Ended>, code: number, message: RegExp): Promise<void> {
  const ended = await command;
  assert.equal(ended.code, code, ended.stdout + ended.stderr);
  assert.match(ended.stdout + ended.stderr, message);
}

async function received(who: WorldDevice, name: string, from = 'ann'): Promise<string[]> {
  const into = it.place('into');
  await done(who.cli(['share', 'restore', from, ...key(name), '--into', into]));
  assert.deepEqual(await readdir(into), [`Plans from ${from}`]);
  return (await readdir(join(into, `Plans from ${from}`))).sort();
}

const create = (...more: string[]) => ann.cli(['share', 'create', '--database', 'Plans', ...more]);
let share: string;

test('without keys of one’s own nothing is shared, and it is said what to do', async () => {
  await fails(create('--to', 'bob'), 5, /no keys of your own; run: holdfast wim use/);
  await fails(bob.cli(['share', 'list']), 5, /holdfast wim use/);
  await done(ann.cli(['wim', 'use', ...key('ann'), '--alone', '--name', 'laptop']));
  await done(ann.cli(['backup', '--database', 'Plans', '--item', 'roof']));
  await fails(create('--to', 'bob'), 2, /bob has no keys of their own.*wim use/);
  await fails(create('--to', 'nobody'), 2, /there is no user nobody/);
  for (const [device, name] of [
    [bob, 'bob'],
    [eve, 'eve'],
  ] as const)
    await done(device.cli(['wim', 'use', ...key(name), '--alone', '--name', 'laptop']));
  const people = await done(ann.cli(['share', 'people']));
  assert.match(people, /^bob +the company's server, when first used/m);
  assert.doesNotMatch(people, /^ann/m);
});

test('what policy denies is refused and named, and nothing of it is stored', async () => {
  const before = (await readdir(it.objects, { recursive: true })).length;
  const payroll = ['share', 'create', '--to', 'bob', '--database', 'Payroll'];
  await fails(ann.cli(payroll), 4, /"Payroll" cannot be shared: policy everyone does not allow/);
  await fails(
    create('--to', 'bob', '--item', 'roof', '--item', 'Private/diary'),
    4,
    /Private\/diary in "Plans" cannot be shared: policy everyone does not allow/,
  );
  assert.equal((await readdir(it.objects, { recursive: true })).length, before);
  assert.equal(await done(ann.cli(['share', 'list'])), 'nothing is shared\n');
});

test('shared with a colleague by name: the server vouches, nothing is compared, no invitation is carried', async () => {
  const said = await create('--to', 'bob');
  assert.equal(said.code, 3, 'the personal item is left out');
  assert.match(said.stdout, /left out: Plans \/ Private\/diary: policy everyone does not allow/);
  assert.match(said.stdout, /with bob: number 1 is stored \(that they are bob, your company's server says\)/);
  share = /share (\S{22}) with bob/.exec(said.stdout)![1]!;
  assert.match(await done(ann.cli(['share', 'list'])), new RegExp(`${share} +with bob +Plans +1 +it ends`));
  assert.match(await done(ann.cli(['share', 'people'])), /^bob +the company's server$/m);
  assert.match(await done(bob.cli(['share', 'list'])), new RegExp(`${share} +from ann +not accepted yet`));
  await fails(eve.cli(['share', 'accept', 'ann']), 2, /nobody shares "ann" with you/);
  assert.match(
    await done(bob.cli(['share', 'accept', 'ann'])),
    /from ann is accepted: number 1 of .*, until they end it \(that they are ann, your company's server says\)/,
  );
  assert.deepEqual(await received(bob, 'bob'), ['cellar', 'roof']);
  await fails(bob.cli(['share', 'restore', 'ann', '--into', it.place(), ...key('eve')]), 5, /no key|opens/i);
});

test('it comes under the name of its sender, never over what is one’s own', async () => {
  await mkdir(at('own'));
  await writeFile(at('own', 'roof'), 'mine');
  await done(bob.cli(['source', 'add', 'Plans', 'folder', at('own'), '--as', 'plans']));
  const restore = ['share', 'restore', 'ann', ...key('bob')];
  await fails(bob.cli(restore), 2, /does not go into your own "Plans"/);
  await mkdir(at('theirs'));
  await done(bob.cli(['source', 'add', 'Plans', 'folder', at('theirs'), '--as', 'plans from ann']));
  await done(bob.cli(restore));
  assert.equal(await readFile(at('own', 'roof'), 'utf8'), 'mine');
  assert.deepEqual((await readdir(at('theirs'))).sort(), ['cellar', 'roof']);
});

test('an update has the items as they are now; backups know nothing of it', async () => {
  await writeFile(at('plans', 'attic'), 'the plan of an attic');
  const updated = await ann.cli(['share', 'update', 'bob']);
  assert.match(updated.stdout, /number 2 is stored/);
  assert.deepEqual(await received(bob, 'bob'), ['attic', 'cellar', 'roof']);
  assert.match(await done(ann.cli(['sets'])), /1 set at/);
  await fails(ann.cli(['share', 'update', 'bob', '--out', at('x'), ...key('ann')]), 2, /needs no invitation/);
});

test('a policy that denies it later stops updates and access; one that allows it again, not', async () => {
  await it.applyPolicies(policy({ share: 'deny' }), {
    ...policy(),
    name: 'eves',
    scope: { devices: [await id(eve)] },
  });
  await fails(ann.cli(['share', 'update', 'bob']), 4, /no policy allows sharing/);
  await fails(
    bob.cli(['share', 'restore', 'ann', '--into', it.place(), ...key('bob')]),
    4,
    /no policy allows/,
  );
  assert.match(await done(ann.cli(['share', 'list'])), /with bob/);
  await it.applyPolicies({
    ...policy(),
    classes: { personal: { share: 'deny' } },
    databases: { ...policy().databases, Other: { ...row, share: 'allow' }, Plans: { ...row, share: 'deny' } },
  });
  await fails(ann.cli(['share', 'update', 'bob']), 4, /"Plans" cannot be shared: policy everyone/);
  await fails(
    bob.cli(['share', 'restore', 'ann', '--into', it.place(), ...key('bob')]),
    4,
    /"Plans".*policy everyone does not allow/,
  );
  await it.applyPolicies(policy());
  assert.deepEqual(await received(bob, 'bob'), ['attic', 'cellar', 'roof']);
});

const id = async (device: WorldDevice): Promise<string> => (await device.call('status', {})).device!;

test('with a private person by card and fingerprint, in both directions', async () => {
  await using carl: Person = await person();
  const asCarl = (...words: string[]) =>
    holdfast(words, { env: { HOLDFAST_DEVICE_STATE: join(carl.directory, 'state') } });
  const carls = ['--wim', carl.wim.path, '--secret-file', carl.wim.secret];
  await done(asCarl('device', 'init', ...carls, '--alone', '--name', 'phone'));
  const fingerprint = (text: string) => /fingerprint.*: ([0-9a-f]{4}( [0-9a-f]{4}){7})$/m.exec(text)![1]!;
  const ofCarl = fingerprint(await done(asCarl('share', 'card', '--name', 'Carl', '--out', at('carl.json'))));
  const card = ['--to', at('carl.json'), '--name', 'Ann', '--out', at('invitation'), '--item', 'roof'];
  await fails(create(...card, ...key('ann')), 2, /"Carl" is not known here yet/);
  const made = await done(create(...card, ...key('ann'), '--fingerprint', ofCarl));
  await done(asCarl('share', 'accept', at('invitation'), '--fingerprint', fingerprint(made)));
  const into = it.place('carl');
  await done(asCarl('share', 'restore', 'Ann', ...carls, '--into', into));
  assert.equal(await readFile(join(into, 'Plans from Ann', 'roof'), 'utf8'), 'the plan of a roof');

  await done(asCarl('area', 'add', carl.area, ...carls));
  await mkdir(join(carl.directory, 'data'));
  await writeFile(join(carl.directory, 'data', 'note'), 'from Carl');
  for (const name of ['Plans', 'Payroll'])
    await done(asCarl('source', 'add', name, 'folder', join(carl.directory, 'data'), '--as', name));
  await done(ann.cli(['share', 'card', '--name', 'Ann', '--out', at('ann.json')]));
  const back = (database: string, out: string) =>
    asCarl(
      ...['share', 'create', '--to', at('ann.json'), '--fingerprint', fingerprint(made), '--name', 'Carl'],
      ...['--database', database, '--out', at(out), ...carls],
    );
  await done(back('Plans', 'plans.invitation'));
  await done(back('Payroll', 'payroll.invitation'));
  const accepted = await done(ann.cli(['share', 'accept', at('plans.invitation')]));
  const plans = /share (\S{22})/.exec(accepted)![1]!;
  const payroll = /share (\S{22})/.exec(
    await done(ann.cli(['share', 'accept', at('payroll.invitation')])),
  )![1]!;
  const out = it.place('ann');
  const plansOfCarl = (into: string) => ann.cli(['share', 'restore', plans, ...key('ann'), '--into', into]);
  await fails(plansOfCarl(it.place()), 4, /"Plans": policy everyone does not allow to take it from others/);
  // All that a private person has is personal.
  await it.applyPolicies({ ...policy(), classes: {} });
  await done(plansOfCarl(out));
  assert.equal(await readFile(join(out, 'Plans from Carl', 'note'), 'utf8'), 'from Carl');
  await fails(
    ann.cli(['share', 'restore', payroll, ...key('ann'), '--into', it.place('ann')]),
    4,
    /"Payroll": policy everyone does not allow to take it from others/,
  );
});

test('ended: nobody gets to it from then on, and it is deleted', async () => {
  assert.match(await done(ann.cli(['share', 'end', share])), /\d+ objects deleted/);
  await fails(
    bob.cli(['share', 'restore', 'ann', '--into', it.place(), ...key('bob')]),
    4,
    /the sender has ended the share/,
  );
  await fails(ann.cli(['share', 'update', 'bob']), 2, /there is no share/);
  const actions = (await it.admin.audit()).entries.map(({ action }) => action);
  for (const action of ['person.keys', 'share.create', 'share.renew', 'share.end'])
    assert.ok(actions.includes(action), action);
});

test('a device that is revoked, or whose user is removed, shares nothing and reaches nothing any more', async () => {
  await create('--to', 'eve', '--item', 'roof');
  await done(eve.cli(['share', 'accept', 'ann']));
  assert.deepEqual(await received(eve, 'eve'), ['roof']);
  await it.admin.revokeDevice(await id(ann));
  await fails(eve.cli(['share', 'restore', 'ann', '--into', it.place(), ...key('eve')]), 5, /is ended/);
  assert.ok((await readFile(join(ann.state, 'shares.json'), 'utf8')).includes('eve'));
  await ann.cli(['device', 'refresh']);
  await assert.rejects(readFile(join(ann.state, 'shares.json')), 'it knows people and names of databases');
  await it.admin.removeUser('eve');
  await fails(eve.cli(['share', 'list']), 5, /./);
});
