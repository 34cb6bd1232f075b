/**
 * A hostile network between devices and the enterprise server: what it alters, replays, swaps, invents or holds back
 * is refused, and the rules accepted before stay in force (B3, B4, B15, U2).
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ProblemError } from '../../src/api/problem/index.ts';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';
import { freshKey } from './attacker.ts';
import { type Answer, type Asked, json, type Rule } from './proxy.ts';

let it: World;
let phone: WorldDevice;
/** Policy messages by device, as they passed the proxy, oldest first. */
const passed = new Map<string, Answer[]>();

const messageFor = ({ method, url }: Asked): string | undefined =>
  method === 'GET' ? /^\/api\/v1\/devices\/([\w-]{22})\/message/.exec(url)?.[1] : undefined;

const DENY_LETTERS = { ...ALLOW_ALL.databases, Letters: { backup: 'deny' } } as const;

before(async () => {
  it = await world({
    hostile: true,
    users: { alice: { devices: ['phone', 'tablet'] }, bob: { devices: ['phone'] } },
  });
  it.serverProxy.rule(async (asked, pass) => {
    const answer = await pass();
    const device = messageFor(asked);
    if (device && answer.status === 200) passed.set(device, [...(passed.get(device) ?? []), answer]);
    return answer;
  });
  phone = it.device('alice', 'phone');
  const path = it.place('letters');
  await mkdir(path);
  await writeFile(join(path, 'letter'), 'dear');
  await phone.call('sourceAdd', { database: 'Letters', kind: 'folder', path });
  // Twice: the network has seen messages under which letters were allowed, and ones under which they are not.
  await it.applyPolicies({ ...ALLOW_ALL, refresh: '1h' });
  for (const device of [phone, it.device('alice', 'tablet'), it.device('bob', 'phone')])
    await device.call('refresh', {});
  await phone.call('backup', { databases: ['Letters'] });
  await it.applyPolicies({ ...ALLOW_ALL, databases: DENY_LETTERS });
  for (const device of [phone, it.device('alice', 'tablet'), it.device('bob', 'phone')])
    await device.call('refresh', {});
  assert.ok(messagesOf(phone).length >= 2);
});
after(() => it?.[Symbol.asyncDispose]());

const messagesOf = (device: WorldDevice): Answer[] => passed.get(device.id) ?? [];

/** Serves this instead of the newest message. */
const instead =
  (body: object): Rule =>
  (asked, pass) =>
    messageFor(asked) === phone.id ? Promise.resolve(json(body)) : pass();

interface Message {
  readonly seq: number;
  readonly message: string;
}
const bodyOf = ({ body }: Answer): Message => JSON.parse(body.toString());

/** A message that is refused; the rules in force are those from before, for everything that asks for them. */
async function refused(rule: Rule, why: string): Promise<string> {
  const held = (await phone.call('status', {})).policy;
  using _ = it.serverProxy.rule(rule);
  const error = await phone.call('refresh', {}).then(
    () => assert.fail(`${why}: accepted`),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof ProblemError, String(error));
  assert.deepEqual((await phone.call('status', {})).policy, held, why);
  await stillDenied(why);
  return error.code;
}

async function stillDenied(why: string): Promise<void> {
  const asked = phone.call('backup', { databases: ['Letters'] });
  await assert.rejects(asked, { kind: 'refused', code: 'ERR_REFUSED', message: /everyone/ }, why);
}

test('altered in any part, cut, or no message at all', async () => {
  const { seq, message } = bodyOf(messagesOf(phone).at(-1)!);
  const parts = message.split('.');
  assert.equal(parts.length, 5);
  for (const [index, part] of parts.entries())
    for (const at of [0, part.length >> 1, part.length - 2]) {
      const letter = part[at] === 'A' ? 'B' : 'A';
      const altered = parts.with(index, part.slice(0, at) + letter + part.slice(at + 1)).join('.');
      const code = await refused(instead({ seq: seq + 1, message: altered }), `part ${index} at ${at}`);
      assert.match(code, /^ERR_POLICY_/);
    }
  for (const other of [message.slice(0, -40), `${message}A`, 'x', 'a.b.c.d.e'])
    assert.match(
      await refused(instead({ seq: seq + 1, message: other }), other.slice(0, 20)),
      /^ERR_POLICY_/,
    );
  await refused(instead({ seq: 'one' }), 'no message');
});

test('an older one, whatever sequence it is said to have', async () => {
  const messages = messagesOf(phone);
  for (const old of messages.slice(0, -1)) {
    const { seq, message } = bodyOf(old);
    for (const said of [seq, seq + 10_000_000]) {
      const code = await refused(instead({ seq: said, message }), `${seq} said to be ${said}`);
      assert.ok(['ERR_POLICY_ROLLBACK', 'ERR_POLICY_NOT_FOR_THIS_KEY'].includes(code), code);
    }
  }
});

test('the newest again changes nothing', async () => {
  using _ = it.serverProxy.rule(instead(bodyOf(messagesOf(phone).at(-1)!)));
  const { policy } = await phone.call('status', {});
  const { changed, policy: after } = await phone.call('refresh', {});
  assert.deepEqual([changed, after.seq], [false, policy?.seq]);
  await stillDenied('repeated');
});

test("another device's, another user's", async () => {
  for (const other of [it.device('alice', 'tablet'), it.device('bob', 'phone')]) {
    const { seq, message } = bodyOf(messagesOf(other).at(-1)!);
    const code = await refused(instead({ seq: seq + 1000, message }), `${other.user} ${other.name}`);
    assert.equal(code, 'ERR_POLICY_NOT_FOR_THIS_KEY');
  }
});

test('the server learns what was refused, and the next message is accepted', async () => {
  await refused(instead({ seq: 9e12, message: 'a.b.c.d.e' }), 'rubbish');
  assert.match((await it.admin.device(phone.id)).failure?.code ?? '', /^ERR_POLICY_/);
  await it.applyPolicies({ ...ALLOW_ALL, databases: DENY_LETTERS, refresh: '2h' });
  assert.equal((await phone.call('refresh', {})).changed, true);
  assert.equal((await it.admin.device(phone.id)).failure, undefined);
  await stillDenied('after an honest message');
});

test('held back: the rules that are held go on; a run says so when the server was not asked', async () => {
  await it.applyPolicies(ALLOW_ALL);
  {
    using _ = it.serverProxy.rule(async (asked, pass) =>
      messageFor(asked) === phone.id ? { status: 204, headers: {}, body: Buffer.alloc(0) } : pass(),
    );
    await stillDenied('held back');
  }
  {
    using _ = it.serverProxy.rule(async () => json({ seq: 1, message: 'x' }, 503));
    await stillDenied('503');
    assert.ok(phone.notices.includes('SERVER_UNREACHABLE'), phone.notices.join());
  }
  const { complete } = await phone.call('backup', { databases: ['Letters'] });
  assert.equal(complete, true);
});

test('enrolment: other keys of the server, another answer, and a code that was seen', async () => {
  const { code } = await it.admin.makeCode({ user: 'alice' });
  const device = it.stranger('victim');
  const other = await freshKey();
  {
    using _ = it.serverProxy.rule(async (asked, pass) => {
      const answer = await pass();
      if (!asked.url.endsWith('/identity')) return answer;
      return json({ ...JSON.parse(answer.body.toString()), identityKey: other.publicJwk });
    });
    await assert.rejects(device.call('enrol', { code }), { code: 'ERR_ENROLMENT_SERVER', kind: 'integrity' });
  }
  let earlier: Answer | undefined;
  {
    using _ = it.serverProxy.rule(async (asked, pass) => {
      const answer = await pass();
      if (asked.url.endsWith('/enrolments')) earlier = answer;
      return answer;
    });
    await it.enrol('bob', 'tablet');
  }
  {
    using _ = it.serverProxy.rule(async (asked, pass) =>
      asked.url.endsWith('/enrolments') ? earlier : pass(),
    );
    await assert.rejects(device.call('enrol', { code }), { code: 'ERR_ENROLMENT_ANSWER', kind: 'integrity' });
  }
  assert.notEqual((await device.call('status', {})).enrolment, 'enrolled');
  await device.call('enrol', { code });
  assert.equal((await device.call('status', {})).enrolment, 'enrolled');
  await assert.rejects(it.stranger('second').call('enrol', { code }), { kind: 'no-key' });
});

test('a login that was seen opens no other door, and not for long', async () => {
  let seen: Asked | undefined;
  {
    using _ = it.serverProxy.rule((asked, pass) => {
      if (messageFor(asked) === phone.id) seen = asked;
      return pass();
    });
    await phone.call('refresh', {});
  }
  const authorization = seen!.headers.authorization!;
  const ask = async (path: string, method = 'GET'): Promise<number> =>
    (
      await fetch(it.server.url + path, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(method === 'POST' && { body: '{"report":"x"}' }),
      })
    ).status;
  const tablet = it.device('alice', 'tablet').id;
  for (const path of [
    `/api/v1/devices/${tablet}/message?after=0`,
    `/api/v1/devices/${phone.id}/message?after=0`,
    '/api/v1/admin/devices',
    // And not its own again.
    seen!.url,
  ])
    assert.ok([401, 403].includes(await ask(path)), path);
  assert.ok([401, 403].includes(await ask(`/api/v1/devices/${phone.id}/reports`, 'POST')));
});
