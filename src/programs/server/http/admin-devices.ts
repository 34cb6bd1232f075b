import { z } from '@hono/zod-openapi';
import {
  codeListSchema,
  confirmDeviceSchema,
  databaseNameSchema,
  deviceListSchema,
  deviceSchema,
  idSchema,
  madeCodeSchema,
  makeCodeSchema,
  resolvedSchema,
} from '../../../api/server/index.ts';
import {
  codes,
  confirmDevice,
  device,
  devices,
  endDevice,
  MOST_DEVICES,
  makeCode,
  resolved,
  withdrawCode,
} from '../service/index.ts';
import { ADMIN, type App, adminRoute, body, done, type Environment, json } from './environment.ts';

const byId = z.object({ id: idSchema });
const page = z.object({
  /** The last device of the page before. */
  after: idSchema.optional(),
  limit: z.coerce.number().int().positive().max(MOST_DEVICES).optional(),
});

/** Enrolment codes and devices (B1, B14). */
export function deviceRoutes(app: App, { ctx, streams }: Environment): void {
  const show = (id: string) => device(ctx, id, streams.isOpen(id));
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/codes', summary: 'Enrolment codes, without their secrets' },
      responses: { 200: json('All codes', codeListSchema) },
    }),
    async (c) => c.json({ codes: await codes(ctx) }, 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'post', path: '/api/v1/admin/codes', summary: 'Make a one-time enrolment code' },
      request: { body: body(makeCodeSchema) },
      responses: { 201: json('The code: shown this once', madeCodeSchema) },
    }),
    async (c) => c.json(await makeCode(ctx, ADMIN, c.req.valid('json')), 201),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'delete', path: '/api/v1/admin/codes/{id}', summary: 'Withdraw a code' },
      request: { params: byId },
      responses: { 204: done },
    }),
    async (c) => {
      await withdrawCode(ctx, ADMIN, c.req.valid('param').id);
      return c.body(null, 204);
    },
  );
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/devices', summary: 'Devices, in the order of enrolment' },
      request: { query: page },
      responses: { 200: json('All devices; with `limit` or `after` a page of them', deviceListSchema) },
    }),
    async (c) =>
      c.json({ devices: await devices(ctx, (id) => streams.isOpen(id), c.req.valid('query')) }, 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/devices/{id}', summary: 'A device' },
      request: { params: byId },
      responses: { 200: json('The device', deviceSchema) },
    }),
    async (c) => c.json(await show(c.req.valid('param').id), 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'post', path: '/api/v1/admin/devices/{id}/revoke', summary: 'End a device' },
      request: { params: byId },
      responses: { 200: json('The device', deviceSchema) },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await endDevice(ctx, ADMIN, id);
      return c.json(await show(id), 200);
    },
  );
  app.openapi(
    adminRoute({
      ...{ method: 'post', path: '/api/v1/admin/devices/{id}/confirm', summary: 'Confirm a pending device' },
      request: { params: byId, body: body(confirmDeviceSchema) },
      responses: { 200: json('The device', deviceSchema) },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await confirmDevice(ctx, ADMIN, id, c.req.valid('json').transcript);
      return c.json(await show(id), 200);
    },
  );
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/devices/{id}/rules', summary: 'Which policy decided what' },
      request: { params: byId, query: z.object({ database: databaseNameSchema.optional() }) },
      responses: { 200: json('Every value with its policy', resolvedSchema) },
    }),
    async (c) => c.json(await resolved(ctx, c.req.valid('param').id, c.req.valid('query').database), 200),
  );
}
