import { z } from '@hono/zod-openapi';
import {
  nameSchema,
  policyChangesSchema,
  policyFilesSchema,
  policyListSchema,
  policyVersionSchema,
  pushedSchema,
  pushSchema,
} from '../../../api/server/index.ts';
import {
  applyPolicies,
  diffPolicies,
  history,
  policies,
  policy,
  push,
  removePolicy,
} from '../service/index.ts';
import { ADMIN, type App, adminRoute, body, done, type Environment, json } from './environment.ts';

const byName = z.object({ name: nameSchema });

/** Policies (B2). */
export function policyRoutes(app: App, { ctx }: Environment): void {
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/policies', summary: 'Policies in force' },
      responses: { 200: json('All policies', policyListSchema) },
    }),
    async (c) => c.json({ policies: await policies(ctx) }, 200),
  );
  app.openapi(
    adminRoute({
      ...{
        method: 'post',
        path: '/api/v1/admin/policies/apply',
        summary: 'Put policies in force: all or none',
      },
      request: { body: body(policyFilesSchema) },
      responses: { 200: json('What changed', policyChangesSchema) },
    }),
    async (c) => c.json(await applyPolicies(ctx, ADMIN, c.req.valid('json').files), 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'post', path: '/api/v1/admin/policies/diff', summary: 'What applying would change' },
      request: { body: body(policyFilesSchema) },
      responses: { 200: json('What would change', policyChangesSchema) },
    }),
    async (c) => c.json(await diffPolicies(ctx, c.req.valid('json').files), 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'post', path: '/api/v1/admin/policies/push', summary: 'Send devices a new message now' },
      request: { body: body(pushSchema) },
      responses: { 200: json('To how many', pushedSchema) },
    }),
    async (c) => c.json({ devices: await push(ctx, ADMIN, c.req.valid('json').devices) }, 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/policies/{name}', summary: 'A policy' },
      request: { params: byName },
      responses: { 200: json('Its current version', policyVersionSchema) },
    }),
    async (c) => c.json(await policy(ctx, c.req.valid('param').name), 200),
  );
  app.openapi(
    adminRoute({
      ...{
        method: 'get',
        path: '/api/v1/admin/policies/{name}/history',
        summary: 'All versions of a policy',
      },
      request: { params: byName },
      responses: { 200: json('Newest first', policyListSchema) },
    }),
    async (c) => c.json({ policies: await history(ctx, c.req.valid('param').name) }, 200),
  );
  app.openapi(
    adminRoute({
      ...{
        method: 'delete',
        path: '/api/v1/admin/policies/{name}',
        summary: 'Delete a policy; its history stays',
      },
      request: { params: byName },
      responses: { 204: done },
    }),
    async (c) => {
      await removePolicy(ctx, ADMIN, c.req.valid('param').name);
      return c.body(null, 204);
    },
  );
}
