import { getRequestListener } from '@hono/node-server';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { nodePlatform } from '../../platform/node.ts';
import { deriveServerIdentity } from '../../policy/message/index.ts';
import { keepHeapSmall } from './heap.ts';
import { attempts, Gate, serverApp, spreadFor } from './http/index.ts';
import { tokenCheck } from './keys/index.ts';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts';
import { listen, makeServer, stop } from './listen.ts';
import { jsonLog } from './log.ts';
import {
  Allowance,
  AreaTeller,
  auditKeeper,
  type Context,
  DELETIONS,
  type Log,
  NOTED,
  newestMessage,
  SHARES,
  Streams,
  serial,
} from './service/index.ts';
import { openState, type State } from './state.ts';
import { dueDevices, forgetExpired, Together } from './store/index.ts';
import { version } from './version.ts';

export interface ServerConfig {
  /** State directory; made with mode 0700 when it is not there. */
  readonly state: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default: a free one. */
  readonly port?: number;
  /**
   * Origin and path prefix by which devices reach this server, without trailing slash. Stands in enrolment
   * codes. Default `http://HOST:PORT`.
   */
  readonly url?: string;
  /** A proxy in front sets `X-Forwarded-For`. */
  readonly behindProxy?: boolean;
  /** Replaces the admin token. */
  readonly newAdminToken?: boolean;
  /** Default: JSON lines on stderr. */
  readonly log?: Log;
  readonly clock?: Clock;
  /** ms between heartbeats on streams; default 15 s. */
  readonly heartbeat?: number;
  readonly limits?: Partial<ServerLimits>;
  /** ms for which the audit log keeps what devices did; default 400 days. What administrators did is kept for ever. */
  readonly auditKeep?: number;
}

const DAY = 86_400_000;

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Path of the file with the admin token, mode 0600. */
  readonly adminToken: string;
  close(): Promise<void>;
}

/**
 * Starts the enterprise server. The first start makes master key, identity and admin token.
 *
 * @throws ServerError `ERR_SERVER_DIRECTORY`, `ERR_SERVER_STATE`, `ERR_SERVER_SEAL`
 */
export async function start(config: ServerConfig): Promise<RunningServer> {
  const { clock = systemClock, log = jsonLog() } = config;
  keepHeapSmall();
  const state = await openState(config.state, clock(), config.newAdminToken ?? false);
  try {
    return await serve(config, state, clock, log);
  } catch (error) {
    await state.db.destroy();
    throw error;
  }
}

async function serve(config: ServerConfig, state: State, clock: Clock, log: Log): Promise<RunningServer> {
  const { host = '127.0.0.1', heartbeat = 15_000, auditKeep = 400 * DAY } = config;
  const { db, root } = state;
  const identity = await deriveServerIdentity(nodePlatform, root);
  const limits = { ...DEFAULT_LIMITS, ...config.limits };
  const server = makeServer(limits);
  const port = await listen(server, host, config.port ?? 0);
  const url = config.url ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const ctx: Context = {
    ...{ db, root, identity, url, clock, log, sealer: state.sealer },
    platform: nodePlatform,
    serial: serial(),
    together: new Together(db),
    noted: new Allowance(NOTED.most, NOTED.window),
    deletions: new Allowance(DELETIONS.most, DELETIONS.window),
    shares: new Allowance(SHARES.most, SHARES.window),
    wake: (devices) => {
      streams.wake(devices);
      areas.look();
    },
    reserve: (device, above) => streams.reserve(device, above),
  };
  const { atOnce, waiting, enrolmentsAtOnce } = limits;
  const gates = {
    devices: new Gate({ atOnce, waiting }),
    enrolments: new Gate({ atOnce: enrolmentsAtOnce, waiting }),
  };
  const keepAudit = auditKeeper(ctx, auditKeep);
  const streams = new Streams({
    newest: (device) => newestMessage(ctx, device),
    due: async () => {
      await forgetExpired(db, clock());
      await keepAudit();
      return dueDevices(db, clock());
    },
    spread: (devices) => spreadFor(devices, gates.devices.pace),
    ...{ log, clock, beatEvery: heartbeat },
  });
  const areas = new AreaTeller(ctx);
  const app = serverApp({
    ...{ ctx, streams, gates, version: version() },
    attempts: { admin: attempts(clock), enrolments: attempts(clock), devices: attempts(clock) },
    tokens: tokenCheck(state.adminTokenHash),
    behindProxy: config.behindProxy ?? false,
  });
  server.on('request', getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  areas.look();
  log.info({ url, state: config.state }, 'enterprise server started');

  return {
    ...{ url, port, adminToken: state.adminToken },
    async close() {
      await streams.close();
      await stop(server);
      await areas.close();
      await db.destroy();
      log.info({}, 'enterprise server stopped');
    },
  };
}
