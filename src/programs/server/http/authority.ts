import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { LOGIN_SCHEME, MessageError, verifyLogin } from '../../../policy/message/index.ts';
import { ServerError } from '../errors.ts';
import { seen, signingKeyOf } from '../service/index.ts';
import { deviceById } from '../store/index.ts';
import { addressOf, type Environment, type ServerEnv } from './environment.ts';
import type { Lane } from './gate.ts';
import { Logins } from './logins.ts';

/** Administrators: a bearer token (RFC 6750). */
export function adminOnly(environment: Environment): MiddlewareHandler<ServerEnv> {
  const { tokens, behindProxy } = environment;
  const attempts = environment.attempts.admin;
  return async (c, next) => {
    const [scheme = '', token = ''] = (c.req.header('authorization') ?? '').split(' ');
    // Who has passed before is not held up by others who fail from the same address.
    if (scheme.toLowerCase() !== 'bearer' || !tokens.passed(token)) {
      const address = addressOf(c, behindProxy);
      attempts.check(address);
      // Again when its turn has come: many at once have all been let in before the first one failed.
      const again = (): void => attempts.check(address);
      if (scheme.toLowerCase() !== 'bearer' || !(await tokens.check(token, again))) {
        attempts.failed(address);
        throw new ServerError('ERR_NOT_ADMIN', 'no valid admin token came with the request');
      }
    }
    await next();
  };
}

/** Enrolment: whoever has failed too often is not listened to. */
export function notShutOut({ attempts, behindProxy }: Environment): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    attempts.enrolments.check(addressOf(c, behindProxy));
    await next();
  };
}

/**
 * Devices, in their turn: a login signed for this one request, which counts once (B15). The turn comes before the
 * login is looked at, since that is a good part of the work; no sender or reader is waited for within it.
 */
export function deviceOnly(environment: Environment): MiddlewareHandler<ServerEnv> {
  const { gates, streams } = environment;
  const logins = new Logins();
  return async (c, next) => {
    const gone = (): boolean => c.env.outgoing.destroyed;
    // Each that comes for its message acknowledges it.
    const enter = (lane: Lane) => gates.devices.enter(lane, { gone, behind: 2 * streams.coming });
    let place = await enter(laneOf(c, streams));
    try {
      await mustLogIn(c, environment, logins, async () => {
        place.leave();
        const body = new Uint8Array(await c.req.arrayBuffer());
        place = await enter('first');
        return body;
      });
      await next();
    } finally {
      place.leave();
    }
  };
}

/** What was fetched is acknowledged before more is fetched; and whom an administrator waits for has no herd before it. */
const laneOf = (c: Asked, streams: Environment['streams']): Lane =>
  c.req.method === 'POST' || streams.isUrgent(c.req.param('id') ?? '') ? 'first' : 'usual';

type Asked = HonoContext<ServerEnv>;

/** @param read the body, of a device that has shown who it is */
async function mustLogIn(
  c: Asked,
  { ctx, behindProxy, attempts: { devices: attempts } }: Environment,
  logins: Logins,
  read: () => Promise<Uint8Array>,
): Promise<void> {
  const [scheme = '', login = ''] = (c.req.header('authorization') ?? '').split(' ');
  // By device too: one with a wrong clock must not shut out those behind the same address. Ids that are none count
  // together, since there is no end of them.
  const named = await deviceById(ctx.db, c.req.param('id') ?? '');
  const address = `${addressOf(c, behindProxy)} ${named?.id ?? '-'}`;
  attempts.check(address);
  try {
    if (scheme.toLowerCase() !== LOGIN_SCHEME.toLowerCase()) {
      throw new MessageError('ERR_LOGIN', 'The login is refused: there is none.');
    }
    const url = new URL(c.req.url);
    const now = ctx.clock();
    const { version } = await verifyLogin(
      ctx.platform,
      login,
      {
        server: ctx.identity.id,
        method: c.req.method,
        path: url.pathname + url.search,
        // Only of a device that has shown who it is, and once.
        body: async ({ device, id }) => {
          if (device !== named?.id) {
            throw new MessageError('ERR_LOGIN', 'The login is refused: it is of another device.');
          }
          logins.use(id, device, now);
          // Asked for where there is none, it would make a second request object, which a stream then keeps.
          if (Number(c.req.header('content-length') ?? 0) === 0) return new Uint8Array();
          return read();
        },
      },
      async (name) => (name === named?.id ? signingKeyOf(named) : undefined),
      now,
    );
    await seen(ctx, named!, version);
  } catch (error) {
    if (error instanceof MessageError) attempts.failed(address);
    throw error;
  }
}
