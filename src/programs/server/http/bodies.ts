import type { MiddlewareHandler } from 'hono';
import { MAX_CARD_BODY, MAX_DEVICE_BODY, MAX_POLICY_FILE } from '../../../api/server/index.ts';
import { ServerError } from '../errors.ts';
import type { ServerEnv } from './environment.ts';

const KIB = 1024;

/** The most that a route takes, by the first that fits; everything else takes no body. */
const most: readonly { readonly path: RegExp; readonly bytes: number }[] = [
  { path: /^\/api\/v1\/enrolments$/, bytes: 40 * KIB },
  { path: /^\/api\/v1\/devices\/[^/]+\/reports$/, bytes: MAX_DEVICE_BODY },
  { path: /^\/api\/v1\/devices\/[^/]+\/(grants|time|people|shares\/access|shares\/end)$/, bytes: 8 * KIB },
  { path: /^\/api\/v1\/devices\/[^/]+\/person$/, bytes: MAX_CARD_BODY },
  { path: /^\/api\/v1\/devices\/[^/]+\/shares$/, bytes: 256 * KIB },
  // Several policy files at once, and JSON escapes.
  { path: /^\/api\/v1\/admin\/policies\//, bytes: 16 * MAX_POLICY_FILE },
  { path: /^\/api\/v1\/admin\//, bytes: 64 * KIB },
];

/**
 * Refuses a body by its length before a byte of it is read (Node reads no more than that). Nobody needs to send one
 * without saying how long it is.
 */
export function limitBodies(): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    if (c.req.header('transfer-encoding') !== undefined) {
      throw new ServerError('ERR_INVALID_REQUEST', 'a body needs a Content-Length');
    }
    const length = Number(c.req.header('content-length') ?? 0);
    if (length > 0) {
      const bytes = takesBody(c.req.method) ? bytesOf(c.req.path) : 0;
      if (length > bytes) throw new ServerError('ERR_TOO_LARGE', `the body is larger than ${bytes} bytes`);
    }
    await next();
  };
}

const takesBody = (method: string): boolean => method === 'POST' || method === 'PUT';

const bytesOf = (path: string): number => most.find((route) => route.path.test(path))?.bytes ?? 0;
