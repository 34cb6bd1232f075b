import { createRoute } from '@hono/zod-openapi';
import { healthSchema } from '../../../api/server/index.ts';
import { ServerError } from '../errors.ts';
import { plainJson } from '../plain.ts';
import { getMeta } from '../store/index.ts';
import { deviceRoutes } from './admin-devices.ts';
import { peopleRoutes } from './admin-people.ts';
import { policyRoutes } from './admin-policies.ts';
import { recordRoutes } from './admin-records.ts';
import { adminOnly, deviceOnly, notShutOut } from './authority.ts';
import { limitBodies } from './bodies.ts';
import { channelRoutes } from './device-channel.ts';
import { type App, type Environment, json, newApp } from './environment.ts';
import { securityHeaders } from './headers.ts';
import { problemResponse, problems } from './problem.ts';
import { sharingRoutes } from './sharing.ts';

/** The whole HTTP interface: who may come in, how much, and the routes. */
export function serverApp(environment: Environment): App {
  const { ctx, version } = environment;
  const app = newApp();
  app.onError((error, c) => problemResponse(c, error, ctx.log));
  app.notFound((c) =>
    problemResponse(c, new ServerError('ERR_NOT_FOUND', `there is no ${c.req.path}`), ctx.log),
  );

  app.use(async (c, next) => {
    const begin = performance.now();
    await next();
    for (const [name, value] of securityHeaders) c.header(name, value);
    const ms = Math.round(performance.now() - begin);
    ctx.log.info({ method: c.req.method, path: c.req.path, status: c.res.status, ms }, 'request');
  });
  app.use('/api/v1/*', async (c, next) => {
    // Names in answers may be anyone's.
    c.json = ((value: unknown, status: 200) =>
      c.body(plainJson(value), status, { 'content-type': 'application/json' })) as unknown as typeof c.json;
    await next();
  });
  // Who is not let in is not listened to either.
  app.use('/api/v1/admin/*', adminOnly(environment));
  app.use('/api/v1/enrolments', notShutOut(environment));
  app.use('/api/v1/*', limitBodies());
  app.use('/api/v1/devices/:id/*', deviceOnly(environment));

  channelRoutes(app, environment);
  sharingRoutes(app, environment);
  peopleRoutes(app, environment);
  deviceRoutes(app, environment);
  policyRoutes(app, environment);
  recordRoutes(app, environment);
  app.openapi(
    createRoute({
      ...{ method: 'get', path: '/healthz', summary: 'Is it working?', tags: ['health'] },
      responses: { 200: json('It is', healthSchema), 503: json('It is not', healthSchema), ...problems },
    }),
    async (c) => {
      try {
        await getMeta(ctx.db, 'created');
        return c.json({ status: 'ok' as const, version }, 200);
      } catch (error) {
        ctx.log.error({ err: error }, 'the database does not answer');
        return c.json({ status: 'failing' as const, version }, 503);
      }
    },
  );
  describe(app, environment);
  return app;
}

/** `/openapi.json`: what the routes say of themselves. */
function describe(app: App, { version }: Environment): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'adminToken', {
    ...{ type: 'http', scheme: 'bearer', description: 'The text of DIR/admin-token' },
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'deviceLogin', {
    ...{ type: 'http', scheme: 'Holdfast', description: 'A JWS by the device over this one request' },
  });
  let document: object | undefined;
  app.get('/openapi.json', (c) => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Holdfast enterprise server', version },
    });
    return c.json(document);
  });
}
