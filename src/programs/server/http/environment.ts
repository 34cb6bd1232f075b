import type { HttpBindings } from '@hono/node-server';
import { createRoute, OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { describeIssues } from '../../../api/problem/index.ts';
import { ServerError } from '../errors.ts';
import type { TokenCheck } from '../keys/index.ts';
import type { Context, Streams } from '../service/index.ts';
import { networkOf } from './address.ts';
import type { Attempts } from './attempts.ts';
import type { Gate } from './gate.ts';
import { problems } from './problem.ts';

/** What the routes work with. */
export interface Environment {
  readonly ctx: Context;
  readonly streams: Streams;
  readonly tokens: TokenCheck;
  /** By itself for each: failures at one of them hold up nobody at another. */
  readonly attempts: {
    readonly admin: Attempts;
    readonly enrolments: Attempts;
    readonly devices: Attempts;
  };
  /** What is worked on at a time. By itself for each, as above; administrators need none. */
  readonly gates: { readonly devices: Gate; readonly enrolments: Gate };
  readonly version: string;
  /** The last entry of `X-Forwarded-For` is the client's address: a proxy stands in front. */
  readonly behindProxy: boolean;
}

/** Who does what the audit log records, on the admin API. There is one token. */
export const ADMIN = 'admin';

export interface ServerEnv {
  Bindings: HttpBindings;
}

export type App = OpenAPIHono<ServerEnv>;

export function newApp(): App {
  return new OpenAPIHono<ServerEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error);
    },
  });
}

function invalid(error: z.ZodError): ServerError {
  return new ServerError('ERR_INVALID_REQUEST', describeIssues(error.issues, 'body'));
}

/** A JSON answer. */
export const json = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A JSON body, which must be there. */
export const body = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { 'application/json': { schema } },
});

export const done = { description: 'Done' } as const;

/** A route of the admin API: bearer token, problems. */
export function adminRoute<P extends string, R extends Omit<RouteConfig, 'path'> & { path: P }>(route: R) {
  const responses: R['responses'] & typeof problems = { ...route.responses, ...problems };
  return createRoute({ tags: ['admin'], security: [{ adminToken: [] }], ...route, responses });
}

/** Where a request comes from, its network for IPv6; for counting failures, and for the log. */
export function addressOf(c: HonoContext<ServerEnv>, behindProxy: boolean): string {
  const forwarded = behindProxy ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return networkOf(forwarded ?? c.env.incoming.socket.remoteAddress ?? '');
}
