import { z } from '@hono/zod-openapi';
import {
  addGroupSchema,
  addUserSchema,
  groupListSchema,
  groupOrderSchema,
  groupSchema,
  nameSchema,
  userListSchema,
  userSchema,
} from '../../../api/server/index.ts';
import {
  createGroup,
  createUser,
  endGroup,
  endUser,
  groups,
  joinGroup,
  leaveGroup,
  orderGroups,
  users,
} from '../service/index.ts';
import { ADMIN, type App, adminRoute, body, done, type Environment, json } from './environment.ts';

const name = z.object({ name: nameSchema });
const member = z.object({ name: nameSchema, user: nameSchema });

/** Users and groups (B1). */
export function peopleRoutes(app: App, { ctx }: Environment): void {
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/users', summary: 'Users' },
      responses: { 200: json('All users', userListSchema) },
    }),
    async (c) => c.json({ users: await users(ctx) }, 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'post', path: '/api/v1/admin/users', summary: 'Add a user' },
      request: { body: body(addUserSchema) },
      responses: { 201: json('The user', userSchema) },
    }),
    async (c) => c.json(await createUser(ctx, ADMIN, c.req.valid('json').name), 201),
  );
  app.openapi(
    adminRoute({
      ...{
        method: 'delete',
        path: '/api/v1/admin/users/{name}',
        summary: 'Remove a user and end its devices',
      },
      request: { params: name },
      responses: { 204: done },
    }),
    async (c) => {
      await endUser(ctx, ADMIN, c.req.valid('param').name);
      return c.body(null, 204);
    },
  );
  app.openapi(
    adminRoute({
      ...{ method: 'get', path: '/api/v1/admin/groups', summary: 'Groups, in the order that decides' },
      responses: { 200: json('All groups', groupListSchema) },
    }),
    async (c) => c.json({ groups: await groups(ctx) }, 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'post', path: '/api/v1/admin/groups', summary: 'Add a group, last in the order' },
      request: { body: body(addGroupSchema) },
      responses: { 201: json('The group', groupSchema) },
    }),
    async (c) => c.json(await createGroup(ctx, ADMIN, c.req.valid('json').name), 201),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'put', path: '/api/v1/admin/group-order', summary: 'Put the groups in order' },
      request: { body: body(groupOrderSchema) },
      responses: { 200: json('All groups', groupListSchema) },
    }),
    async (c) => c.json({ groups: await orderGroups(ctx, ADMIN, c.req.valid('json').groups) }, 200),
  );
  app.openapi(
    adminRoute({
      ...{ method: 'delete', path: '/api/v1/admin/groups/{name}', summary: 'Remove a group' },
      request: { params: name },
      responses: { 204: done },
    }),
    async (c) => {
      await endGroup(ctx, ADMIN, c.req.valid('param').name);
      return c.body(null, 204);
    },
  );
  app.openapi(
    adminRoute({
      ...{ method: 'put', path: '/api/v1/admin/groups/{name}/members/{user}', summary: 'Add a member' },
      request: { params: member },
      responses: { 204: done },
    }),
    async (c) => {
      const { name, user } = c.req.valid('param');
      await joinGroup(ctx, ADMIN, name, user);
      return c.body(null, 204);
    },
  );
  app.openapi(
    adminRoute({
      ...{ method: 'delete', path: '/api/v1/admin/groups/{name}/members/{user}', summary: 'Remove a member' },
      request: { params: member },
      responses: { 204: done },
    }),
    async (c) => {
      const { name, user } = c.req.valid('param');
      await leaveGroup(ctx, ADMIN, name, user);
      return c.body(null, 204);
    },
  );
}
