import { createRoute, z } from '@hono/zod-openapi';
import {
  accessShareSchema,
  endShareSchema,
  idSchema,
  offeredSharesSchema,
  peopleSchema,
  personAnswerSchema,
  personQuestionSchema,
  registeredShareSchema,
  registerShareSchema,
  shareAccessSchema,
  tellPersonSchema,
} from '../../../api/server/index.ts';
import {
  accessShare,
  endShareOf,
  offeredShares,
  people,
  personEntry,
  registerShare,
  tellPerson,
} from '../service/index.ts';
import { type App, body, done, type Environment, json } from './environment.ts';
import { problems } from './problem.ts';

const byId = z.object({ id: idSchema });
const login = { tags: ['device'], security: [{ deviceLogin: [] }] };

/** What devices ask about other people (N11). */
export function sharingRoutes(app: App, { ctx }: Environment): void {
  const path = (rest: string) => `/api/v1/devices/{id}/${rest}`;
  app.openapi(
    createRoute({
      ...{ method: 'post', path: path('person'), summary: "The user's own keys, for others", ...login },
      request: { params: byId, body: body(tellPersonSchema) },
      responses: { 204: done, ...problems },
    }),
    async (c) => {
      await tellPerson(ctx, c.req.valid('param').id, c.req.valid('json').records);
      return c.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      ...{ method: 'get', path: path('people'), summary: 'Who can be shared with', ...login },
      request: { params: byId },
      responses: { 200: json('Names, unsigned', peopleSchema), ...problems },
    }),
    async (c) => c.json(await people(ctx, c.req.valid('param').id), 200),
  );
  app.openapi(
    createRoute({
      ...{ method: 'post', path: path('people'), summary: "A user's own keys, signed", ...login },
      request: { params: byId, body: body(personQuestionSchema) },
      responses: { 200: json('For this device, name and nonce', personAnswerSchema), ...problems },
    }),
    async (c) => c.json(await personEntry(ctx, c.req.valid('param').id, c.req.valid('json')), 200),
  );
  app.openapi(
    createRoute({
      ...{ method: 'post', path: path('shares'), summary: 'Share, or renew a share', ...login },
      request: { params: byId, body: body(registerShareSchema) },
      responses: { 200: json('Kept', registeredShareSchema), ...problems },
    }),
    async (c) => c.json(await registerShare(ctx, c.req.valid('param').id, c.req.valid('json')), 200),
  );
  app.openapi(
    createRoute({
      ...{ method: 'get', path: path('shares'), summary: "What is shared with the device's user", ...login },
      request: { params: byId },
      responses: { 200: json('Those that have not ended', offeredSharesSchema), ...problems },
    }),
    async (c) => c.json(await offeredShares(ctx, c.req.valid('param').id), 200),
  );
  app.openapi(
    createRoute({
      ...{ method: 'post', path: path('shares/access'), summary: 'Access to a share', ...login },
      request: { params: byId, body: body(accessShareSchema) },
      responses: { 200: json('To read it, for an hour', shareAccessSchema), ...problems },
    }),
    async (c) => c.json(await accessShare(ctx, c.req.valid('param').id, c.req.valid('json')), 200),
  );
  app.openapi(
    createRoute({
      ...{ method: 'post', path: path('shares/end'), summary: 'End a share', ...login },
      request: { params: byId, body: body(endShareSchema) },
      responses: { 204: done, ...problems },
    }),
    async (c) => {
      await endShareOf(ctx, c.req.valid('param').id, c.req.valid('json').chain);
      return c.body(null, 204);
    },
  );
}
