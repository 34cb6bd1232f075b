import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { createRoute, z } from '@hono/zod-openapi';
import {
  enrolmentAnswerSchema,
  enrolmentRequestSchema,
  grantAnswerSchema,
  grantRequestSchema,
  identitySchema,
  idSchema,
  messageSchema,
  reportAnswerSchema,
  reportSchema,
  seqSchema,
  timeAnswerSchema,
  timeQuestionSchema,
} from '../../../api/server/index.ts';
import { composeTimeAnswer, publicOf } from '../../../policy/message/index.ts';
import { ServerError } from '../errors.ts';
import { currentMessage, enrol, grantDeletion, mustServe, takeReport } from '../service/index.ts';
import { type App, addressOf, body, type Environment, json } from './environment.ts';
import { problems } from './problem.ts';
import { eventStream } from './stream.ts';

const byId = z.object({ id: idSchema });
const query = z.object({ after: z.coerce.number().pipe(seqSchema).default(0) });
const login = { tags: ['device'], security: [{ deviceLogin: [] }] };

/** What devices ask. Everything below `/devices/{id}` comes with a login. */
export function channelRoutes(app: App, environment: Environment): void {
  const { ctx, attempts, behindProxy, streams, gates } = environment;
  app.openapi(
    createRoute({
      ...{ method: 'get', path: '/api/v1/identity', summary: 'Public keys of this server', tags: ['device'] },
      responses: { 200: json('To be checked against the enrolment code', identitySchema), ...problems },
    }),
    (c) => {
      const { id, identityKey, receiveKey } = ctx.identity;
      return c.json({ id, identityKey: publicOf(identityKey), receiveKey: publicOf(receiveKey) }, 200);
    },
  );
  app.openapi(
    createRoute({
      ...{ method: 'post', path: '/api/v1/enrolments', summary: 'Enrol a device', tags: ['device'] },
      request: { body: body(enrolmentRequestSchema) },
      responses: { 200: json('The same request gets the same answer', enrolmentAnswerSchema), ...problems },
    }),
    async (c) => {
      const address = addressOf(c, behindProxy);
      const place = await gates.enrolments.enter('usual', { gone: () => c.env.outgoing.destroyed });
      try {
        return c.json(await enrol(ctx, c.req.valid('json')), 200);
      } catch (error) {
        if (error instanceof ServerError && error.code === 'ERR_ENROLMENT_REFUSED') {
          attempts.enrolments.failed(address);
          ctx.log.warn({ code: c.req.valid('json').id, address }, 'enrolment refused');
        }
        throw error;
      } finally {
        place.leave();
      }
    },
  );
  app.openapi(
    createRoute({
      ...{ method: 'get', path: '/api/v1/devices/{id}/message', summary: 'The policy message', ...login },
      request: { params: byId, query },
      responses: {
        200: json('A message newer than `after`', messageSchema),
        204: { description: 'There is none' },
        ...problems,
      },
    }),
    async (c) => {
      const message = await currentMessage(ctx, c.req.valid('param').id, c.req.valid('query').after);
      return message === undefined ? c.body(null, 204) : c.json(message, 200);
    },
  );
  app.openapi(
    createRoute({
      ...{ method: 'post', path: '/api/v1/devices/{id}/reports', summary: 'Report', ...login },
      request: { params: byId, body: body(reportSchema) },
      responses: { 200: json('Taken', reportAnswerSchema), ...problems },
    }),
    async (c) => c.json(await takeReport(ctx, c.req.valid('param').id, c.req.valid('json').report), 200),
  );
  app.openapi(
    createRoute({
      ...{ method: 'post', path: '/api/v1/devices/{id}/time', summary: 'The time, signed', ...login },
      request: { params: byId, body: body(timeQuestionSchema) },
      responses: { 200: json('For this device and nonce', timeAnswerSchema), ...problems },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await mustServe(ctx, id);
      const { nonce } = c.req.valid('json');
      const { identityKey } = ctx.identity;
      return c.json(
        { answer: await composeTimeAnswer(identityKey, { device: id, nonce }, ctx.clock()) },
        200,
      );
    },
  );
  app.openapi(
    createRoute({
      ...{ method: 'post', path: '/api/v1/devices/{id}/grants', summary: 'The right to delete', ...login },
      request: { params: byId, body: body(grantRequestSchema) },
      responses: { 200: json('For some minutes, below its own place', grantAnswerSchema), ...problems },
    }),
    async (c) => c.json(await grantDeletion(ctx, c.req.valid('param').id, c.req.valid('json').area), 200),
  );
  app.openapi(
    createRoute({
      ...{ method: 'get', path: '/api/v1/devices/{id}/stream', summary: 'Wake-ups', ...login },
      request: { params: byId, headers: z.object({ 'last-event-id': z.string().optional() }) },
      responses: {
        200: {
          description:
            'Server-sent events: `message`; there is one to be fetched whose sequence is its id and data, or higher; `spread`: ms within which all that are told are to come',
          content: { 'text/event-stream': { schema: z.string() } },
        },
        ...problems,
      },
    }),
    async (c) => {
      const last = z.coerce
        .number()
        .pipe(seqSchema)
        .safeParse(c.req.header('last-event-id') ?? '0');
      if (!last.success) throw new ServerError('ERR_INVALID_REQUEST', 'Last-Event-ID is not a sequence');
      const { id } = c.req.valid('param');
      await mustServe(ctx, id);
      eventStream(streams, id, last.data, c.env.outgoing);
      return RESPONSE_ALREADY_SENT as never;
    },
  );
}
