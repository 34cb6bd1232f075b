import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildProblem, PROBLEM_TYPE, ProblemError } from '../problem/index.ts';
import { adminClient, ClientError, deviceClient, enrolmentClient, type WakeUp } from './index.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that gives these answers, one for each request; the last one for all that follow. */
async function serve(t: TestContext, ...answers: readonly Answer[]) {
  const requests: { readonly line: string; readonly headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]!;
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    request.resume();
    request.on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const json =
  (value: unknown, status = 200): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

const problem =
  (status: number, code: string): Answer =>
  (_, response) =>
    response
      .writeHead(status, { 'content-type': PROBLEM_TYPE })
      .end(JSON.stringify(buildProblem({ status, code, kind: 'no-key', detail: 'no' })));

const breakOff: Answer = (request) => request.socket.destroy();
const id = 'A'.repeat(22);
const fast = { firstPause: 5, attempts: 3 };

test('a problem is an error with the code of the server, at once', async (t) => {
  const { url, requests } = await serve(t, problem(403, 'ERR_NOT_AUTHORISED'));
  const client = deviceClient({ url, device: id, login: async () => 'x', ...fast });
  await assert.rejects(client.message(0), (error: unknown) => {
    assert.ok(error instanceof ProblemError);
    assert.deepEqual([error.code, error.kind, error.problem.status], ['ERR_NOT_AUTHORISED', 'no-key', 403]);
    return true;
  });
  assert.equal(requests.length, 1);
});

test('what is safe is repeated, a few times, with a login of its own each time', async (t) => {
  const { url, requests } = await serve(
    t,
    breakOff,
    problem(503, 'ERR_BUSY'),
    json({ seq: 5, message: 'm' }),
  );
  let logins = 0;
  const login = async () => `login-${++logins}`;
  const client = deviceClient({ url, device: id, login, ...fast });
  assert.deepEqual(await client.message(3), { seq: 5, message: 'm' });
  assert.deepEqual(
    requests.map(({ line, headers }) => [line, headers.authorization]),
    [1, 2, 3].map((count) => [`GET /api/v1/devices/${id}/message?after=3`, `Holdfast login-${count}`]),
  );
  const down = await serve(t, problem(503, 'ERR_BUSY'));
  await assert.rejects(deviceClient({ url: down.url, device: id, login, ...fast }).report('r'), {
    code: 'ERR_BUSY',
  });
  assert.equal(down.requests.length, 3);
});

test('a change by an administrator is never repeated', async (t) => {
  const { url, requests } = await serve(t, breakOff);
  const admin = adminClient({ url, token: 'secret', ...fast });
  await assert.rejects(admin.addUser('ada'), (error: unknown) => {
    assert.ok(error instanceof ClientError);
    assert.equal(error.code, 'ERR_SERVER_UNREACHABLE');
    assert.ok(!error.message.includes('secret'));
    return true;
  });
  assert.equal(requests.length, 1);
  assert.equal(requests[0]?.headers.authorization, 'Bearer secret');
});

test('204 is nothing; another shape, no JSON, and a page of a gateway are not an answer', async (t) => {
  const none = await serve(t, (_, response) => response.writeHead(204).end());
  const client = (url: string) => deviceClient({ url, device: id, login: async () => 'x', ...fast });
  assert.equal(await client(none.url).message(0), undefined);
  const page: Answer = (_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<p>');
  for (const answer of [json({ seq: -1, message: 'm' }), json('x'), json(null), page]) {
    const { url, requests } = await serve(t, answer);
    await assert.rejects(client(url).message(0), { code: 'ERR_SERVER_ANSWER', kind: 'failed' });
    assert.equal(requests.length, 1, 'asking again would not help');
  }
});

test('no redirect is followed: a token is for one server', async (t) => {
  const other = await serve(t, json({ users: [] }));
  const { url } = await serve(t, (_, response) => response.writeHead(307, { location: other.url }).end());
  await assert.rejects(adminClient({ url, token: 't', ...fast }).users(), { code: 'ERR_SERVER_UNREACHABLE' });
  assert.equal(other.requests.length, 0);
});

test('an answer that does not come in time is given up; a signal ends the waiting', async (t) => {
  const { url } = await serve(t, () => {});
  await assert.rejects(enrolmentClient({ url, timeout: 50, attempts: 1 }).identity(), {
    code: 'ERR_SERVER_UNREACHABLE',
  });
  const stopped = AbortSignal.timeout(50);
  await assert.rejects(enrolmentClient({ url }).identity(stopped), { name: 'TimeoutError' });
});

test('names travel whole', async (t) => {
  const { url, requests } = await serve(t, (_, response) => response.writeHead(204).end());
  await adminClient({ url, token: 't' }).addMember('a/b ?#', 'ü%2F');
  assert.equal(requests[0]?.line, 'PUT /api/v1/admin/groups/a%2Fb%20%3F%23/members/%C3%BC%252F');
});

const events =
  (text: string, stay = false): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text);
    if (!stay) response.end();
  };

test('the stream connects again with what it saw last, until it is stopped', async (t) => {
  const { url, requests } = await serve(
    t,
    events('retry: 2000\n\n:\n\nevent: message\nid: 7\ndata: 7\n\n'),
    breakOff,
    problem(503, 'ERR_BUSY'),
    events('event: message\nid: 9\nspread: 20000\ndata: 9\n\n', true),
  );
  const stop = new AbortController();
  const client = deviceClient({ url, device: id, login: async () => 'x' });
  const states: string[] = [];
  const seen: WakeUp[] = [];
  const stream = client.stream({
    ...{ after: 3, signal: stop.signal, firstPause: 5, longestPause: 20 },
    onState: ({ kind }) => states.push(kind),
  });
  for await (const told of stream) {
    seen.push(told);
    if (told.seq === 9) stop.abort();
  }
  assert.deepEqual(seen, [
    { seq: 7, spread: 0 },
    { seq: 9, spread: 20_000 },
  ]);
  assert.deepEqual(
    requests.map(({ headers }) => headers['last-event-id']),
    ['3', '7', '7', '7'],
  );
  assert.deepEqual(states, ['connected', 'waiting', 'waiting', 'waiting', 'connected']);
});

test('a stream that falls silent is connected again; one that is refused ends', async (t) => {
  const silent = await serve(t, events(':\n\n', true), problem(403, 'ERR_NOT_AUTHORISED'));
  const client = deviceClient({ url: silent.url, device: id, login: async () => 'x' });
  const signal = new AbortController().signal;
  const stream = client.stream({ after: 0, signal, silence: 60, firstPause: 5 });
  await assert.rejects(stream.next(), { code: 'ERR_NOT_AUTHORISED' });
  assert.equal(silent.requests.length, 2);
});

test('a spread that makes no sense is none: the message is fetched all the same', async (t) => {
  const spreads = ['-1', '1.5', 'soon', '60001', '1e9', '9'.repeat(100)];
  const told = spreads.map((spread, i) => `id: ${i + 1}\nspread: ${spread}\ndata: ${i + 1}\n\n`).join('');
  const { url } = await serve(t, events(told, true));
  const client = deviceClient({ url, device: id, login: async () => 'x' });
  const stop = new AbortController();
  for await (const { seq, spread } of client.stream({ after: 0, signal: stop.signal })) {
    assert.equal(spread, 0, String(spreads[seq - 1]));
    if (seq === spreads.length) stop.abort();
  }
});

test('leaving the loop closes the connection', async (t) => {
  let closed = false;
  const { url } = await serve(t, (request, response) => {
    request.socket.on('close', () => {
      closed = true;
    });
    events('event: message\ndata: 1\n\n', true)(request, response);
  });
  const client = deviceClient({ url, device: id, login: async () => 'x' });
  for await (const { seq } of client.stream({ after: 0, signal: new AbortController().signal })) {
    assert.equal(seq, 1);
    break;
  }
  for (let tries = 0; !closed && tries < 100; tries++) await sleep(10);
  assert.ok(closed);
});
