/**
 * A proxy that does as it pleases (U2): hands on each request, unless a rule answers otherwise. Rules are asked in
 * the order in which they were laid down, the newest first; each may ask what stands behind it.
 */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** @returns the answer; undefined closes the connection without one */
export type Rule = (asked: Asked, pass: (instead?: Asked) => Promise<Answer>) => Promise<Answer | undefined>;

export interface HostileProxy {
  readonly url: string;
  /** What stands behind it. */
  aim(url: string): void;
  /** Lays down a rule; lifted when disposed of. */
  rule(rule: Rule): Disposable;
  close(): Promise<void>;
}

export async function startProxy(): Promise<HostileProxy> {
  let target: string | undefined;
  const rules: Rule[] = [];
  const decide = (asked: Asked, index: number): Promise<Answer | undefined> => {
    const rule = rules[index];
    if (!rule) return target === undefined ? Promise.resolve(undefined) : forward(target, asked);
    return rule(asked, async (instead = asked) => {
      const answer = await decide(instead, index - 1);
      if (!answer) throw new Error('nobody answered');
      return answer;
    });
  };
  const server = createServer((incoming, response) => {
    serve(incoming, response, (asked) => decide(asked, rules.length - 1)).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    aim(url) {
      target = url;
    },
    rule(rule) {
      rules.push(rule);
      return {
        [Symbol.dispose]: () => {
          rules.splice(rules.indexOf(rule), 1);
        },
      };
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  decide: (asked: Asked) => Promise<Answer | undefined>,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = incoming;
  const answer = await decide({ method, url, headers, body: await collect(incoming) });
  if (!answer) {
    response.destroy();
    return;
  }
  const { 'transfer-encoding': _, connection: __, ...kept } = answer.headers;
  response.writeHead(answer.status, {
    ...kept,
    ...(answer.status === 204 ? {} : { 'content-length': answer.body.length }),
  });
  response.end(answer.body);
}

async function forward(target: string, { method, url, headers, body }: Asked): Promise<Answer> {
  const { connection: _, expect: __, host: ___, ...kept } = headers;
  const outgoing = request(target + url, { method, headers: kept, agent: false });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: await collect(answer) };
}

async function collect(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(value)),
});
