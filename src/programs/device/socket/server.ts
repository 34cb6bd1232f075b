import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type DeviceTransport, isOperation, type OperationName, toLine } from '../../../api/device/index.ts';
import { PROBLEM_TYPE, type Problem } from '../../../api/problem/index.ts';
import { fromUtf8Strict } from '../../../lib/bytes.ts';
import { DeviceError } from '../errors.ts';
import { toProblem } from '../problem.ts';

/** Parameters may be as long as this: 10,000 long uids fit. */
const MAX_PARAMS = 4 * 1024 * 1024;

/** `sun_path` of Linux holds 108 bytes with its end; other systems have less. */
const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

export const fitsSocket = (path: string): boolean => Buffer.byteLength(path) <= MAX_SOCKET_PATH;

export interface ServedSocket {
  /** Ends running calls (they answer `interrupted`), then the socket. */
  close(): Promise<void>;
}

/** Serves `device` at `path`. The caller holds the lock `agent`, so a socket that lies there is nobody's. */
export async function serveSocket(path: string, device: DeviceTransport): Promise<ServedSocket> {
  if (!fitsSocket(path)) {
    throw new DeviceError(
      'ERR_STATE_DIRECTORY',
      `${path} is too long for a socket; use a state directory with a shorter path`,
    );
  }
  await rm(path, { force: true });
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    const call = answer(device, request, response, stopping.signal).finally(() => running.delete(call));
    running.add(call);
  });
  await listen(server, path);
  return {
    async close() {
      stopping.abort();
      const closed = once(server, 'close');
      server.close();
      await Promise.allSettled(running);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, 'listening');
  // The directory is 0700: nobody comes through between these two lines.
  await chmod(path, 0o600);
}

async function answer(
  device: DeviceTransport,
  request: IncomingMessage,
  response: ServerResponse,
  stopping: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.on('error', () => gone.abort());
  try {
    const operation = operationOf(request);
    const params = await readParams(request);
    const write = eventWriter(response, gone.signal);
    await device.call(operation, params, {
      signal: AbortSignal.any([gone.signal, stopping]),
      onEvent: write,
    });
    response.end();
  } catch (error) {
    if (response.headersSent) return void response.destroy();
    const problem = error instanceof HttpProblem ? error.problem : toProblem(error);
    writeProblem(response, problem);
    response.end();
  }
}

/** A request that never became a call. */
class HttpProblem extends Error {
  readonly problem: Problem;

  constructor(status: number, detail: string) {
    super(detail);
    this.problem = { ...toProblem(new DeviceError('ERR_USAGE', detail)), status };
  }
}

function operationOf(request: IncomingMessage): OperationName {
  const name = /^\/v1\/([A-Za-z]+)$/.exec(request.url ?? '')?.[1];
  if (name === undefined || !isOperation(name)) throw new HttpProblem(404, 'there is no such operation');
  if (request.method !== 'POST') throw new HttpProblem(405, `${name} is called by POST`);
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (type !== 'application/json') throw new HttpProblem(415, 'parameters are application/json');
  return name;
}

async function readParams(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    // The rest is read and forgotten for a while, so that the caller gets to read the answer.
    if (length > 4 * MAX_PARAMS) break;
    if (length <= MAX_PARAMS) parts.push(part);
  }
  if (length > MAX_PARAMS) throw new HttpProblem(413, `parameters are longer than ${MAX_PARAMS} bytes`);
  try {
    return JSON.parse(fromUtf8Strict(Buffer.concat(parts)));
  } catch {
    throw new HttpProblem(400, 'parameters are not JSON');
  }
}

/** A problem that comes before anything else is the whole answer (RFC 9457); otherwise it is the last line. */
function eventWriter(response: ServerResponse, gone: AbortSignal): (event: unknown) => Promise<void> {
  return async (event) => {
    if (response.destroyed) return;
    if (!response.headersSent) {
      const problem = problemOf(event);
      if (problem) return writeProblem(response, problem);
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    }
    // A reader that lets the answer pile up is waited for.
    if (!response.write(toLine(event)))
      await once(response, 'drain', { signal: gone }).catch(() => undefined);
  };
}

function problemOf(event: unknown): Problem | undefined {
  const { kind, problem } = event as { kind?: unknown; problem?: Problem };
  return kind === 'problem' ? problem : undefined;
}

function writeProblem(response: ServerResponse, problem: Problem): void {
  response.writeHead(problem.status, { 'content-type': PROBLEM_TYPE, connection: 'close' });
  response.write(JSON.stringify(problem));
}
