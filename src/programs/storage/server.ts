import { mkdir, readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Logger, pino } from 'pino';
import { isAreaId } from '../../api/area/index.ts';
import { systemClock } from '../../lib/clock.ts';
import { AreaRegistry, areasDirectory } from './areas.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_LISTEN,
  parseListen,
  type StorageConfig,
  type StorageLimits,
  urlOf,
} from './config.ts';
import type { Context } from './context.ts';
import { EndedLists } from './ended-lists.ts';
import { StorageError } from './errors.ts';
import { GrantCache } from './grant-cache.ts';
import { handle } from './handle.ts';
import { Nonces } from './nonces.ts';
import { directoryStore } from './objects/index.ts';
import { claimDirectory, rememberUrl } from './state-directory.ts';
import { Usage } from './usage.ts';

export interface RunningStorage {
  /** Base URL, no slash at the end; an area's URI is below it. */
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, gives those under way their time, ends. */
  close(): Promise<void>;
}

/** Starts a storage. @throws StorageError `ERR_STORAGE_STATE`, `ERR_STORAGE_ADDRESS`, `ERR_STORAGE_LISTEN` */
export async function start(config: StorageConfig): Promise<RunningStorage> {
  const { host, port } = parseListen(config.listen ?? DEFAULT_LISTEN);
  const limits = { ...DEFAULT_LIMITS, ...config.limits };
  // Standard output belongs to the command line.
  const log = pino({ level: config.log ?? 'info', name: 'storage' }, pino.destination(2));
  await claimDirectory(config.state);
  await mkdir(areasDirectory(config.state), { recursive: true, mode: 0o700 });
  const store = await directoryStore(config.state);
  const context: Context = {
    areas: new AreaRegistry(config.state),
    ended: new EndedLists(config.state),
    store,
    usage: new Usage(store),
    nonces: new Nonces(),
    grants: new GrantCache(),
    limits,
    clock: config.clock ?? systemClock,
  };
  const server = makeServer(context, log);
  const bound = await listen(server, host, port);
  const url = config.url?.replace(/\/+$/, '') ?? urlOf(host, bound);
  await rememberUrl(config.state, url);
  void countAll(config.state, context, log);
  log.info({ url }, 'storage is listening');
  return { url, port: bound, close: () => close(server, limits) };
}

function makeServer(context: Context, log: Logger): Server {
  const { limits } = context;
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    connectionsCheckingInterval: Math.max(100, Math.min(5000, limits.headers / 2)),
    keepAliveTimeout: 65_000,
    noDelay: true,
  });
  server.timeout = limits.idle;
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = limits.requestsPerSocket;
  server.maxHeadersCount = 50;
  const serve = (awaited: boolean) => async (request: IncomingMessage, response: ServerResponse) => {
    const began = performance.now();
    // A client that goes away while it is served is no event of its own.
    request.on('error', () => {});
    response.on('error', () => {});
    response.on('close', () => {
      const { method, url = '', headers } = request;
      const [path] = url.split('?', 1);
      const size = headers['content-length'];
      const ms = Math.round(performance.now() - began);
      log.info({ method, path: path?.slice(0, 600), status: response.statusCode, size, ms }, 'request');
    });
    const failure = await handle(context, { request, response, awaited, trusted: false });
    if (failure !== undefined) log.error({ err: failure }, 'a request failed');
  };
  server.on('request', serve(false));
  server.on('checkContinue', serve(true));
  return server;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'something else listens there' : cause.message;
      reject(new StorageError('ERR_STORAGE_LISTEN', `cannot listen on ${host}:${port}: ${why}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Begins early what the first upload to each area would have to wait for. */
async function countAll(state: string, context: Context, log: Logger): Promise<void> {
  for (const id of (await readdir(areasDirectory(state))).filter(isAreaId)) {
    await context.usage.of(id).catch((err: unknown) => log.error({ err, area: id }, 'cannot count an area'));
  }
}

async function close(server: Server, limits: StorageLimits): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), limits.grace);
  await closed;
  clearTimeout(timer);
}
