import { z } from '@hono/zod-openapi';
import {
  auditPageSchema,
  erasedKeysSchema,
  eraseKeysSchema,
  keyListSchema,
  keySchema,
  rotateKeysSchema,
} from '../../../api/server/index.ts';
import { utf8 } from '../../../lib/bytes.ts';
import { plainJson } from '../plain.ts';
import { auditPage, type Context, eraseKeys, keys, rotateKeys } from '../service/index.ts';
import { ADMIN, type App, adminRoute, body, type Environment, json } from './environment.ts';

const PAGE = 1000;

const page = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().positive().max(PAGE).default(100),
});

/** Policy keys (B6) and the audit log. */
export function recordRoutes(app: App, { ctx }: Environment): void {
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/keys', summary: 'Policy keys, without the keys' },
      responses: { 200: json('All keys', keyListSchema) },
    }),
    async (c) => c.json({ keys: await keys(ctx) }, 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'post', path: '/api/v1/admin/keys/rotate', summary: 'Begin a new epoch of a key' },
      request: { body: body(rotateKeysSchema) },
      responses: { 201: json('The new key', keySchema) },
    }),
    async (c) => c.json(await rotateKeys(ctx, ADMIN, c.req.valid('json')), 201),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'post', path: '/api/v1/admin/keys/erase', summary: 'Take keys away from devices' },
      request: { body: body(eraseKeysSchema) },
      responses: { 200: json('How many devices were told', erasedKeysSchema) },
    }),
    async (c) => c.json(await eraseKeys(ctx, ADMIN, c.req.valid('json')), 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/audit', summary: 'The audit log, checked' },
      request: { query: page },
      responses: { 200: json('A page', auditPageSchema) },
    }),
    async (c) => {
      const { after, limit } = c.req.valid('query');
      return c.json(await auditPage(ctx, after, limit), 200);
    },
  );
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/audit/export', summary: 'The whole audit log, checked' },
      responses: {
        200: {
          description: 'JSON lines; cut off where an entry does not verify',
          content: { 'application/x-ndjson': { schema: z.string() } },
        },
      },
    }),
    (c) => c.body(exportAudit(ctx), 200, { 'content-type': 'application/x-ndjson' }) as never,
  );
}

/** A page at a time, as it is read. */
function exportAudit(ctx: Context): ReadableStream<Uint8Array> {
  let after: number | undefined = 0;
  return new ReadableStream({
    async pull(controller) {
      if (after === undefined) return controller.close();
      const { entries, next }: { entries: readonly unknown[]; next?: number | undefined } = await auditPage(
        ctx,
        after,
        PAGE,
      );
      after = next;
      controller.enqueue(utf8(entries.map((entry) => `${plainJson(entry)}\n`).join('')));
    },
  });
}
