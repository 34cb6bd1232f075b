import { z } from 'zod';
import {
  type AuditPage,
  auditPageSchema,
  type Code,
  codeListSchema,
  type Device,
  deviceListSchema,
  deviceSchema,
  type ErasedKeys,
  type EraseKeys,
  erasedKeysSchema,
  type Group,
  groupListSchema,
  groupSchema,
  type Health,
  healthSchema,
  type Key,
  keyListSchema,
  keySchema,
  type MadeCode,
  type MakeCode,
  madeCodeSchema,
  type PolicyChanges,
  type PolicyFile,
  type PolicyVersion,
  type Push,
  type Pushed,
  policyChangesSchema,
  policyListSchema,
  policyVersionSchema,
  pushedSchema,
  type Resolved,
  type RotateKeys,
  resolvedSchema,
  type User,
  userListSchema,
  userSchema,
} from '../server/index.ts';
import type { ClientOptions } from './device.ts';
import { type Ask, ask, askFor, type Connection } from './request.ts';

/** The admin API, one method for each route. Reading is repeated when it fails; changing never is. */
export interface AdminClient {
  health(): Promise<Health>;
  users(): Promise<readonly User[]>;
  addUser(name: string): Promise<User>;
  removeUser(name: string): Promise<void>;
  /** In the order that decides. */
  groups(): Promise<readonly Group[]>;
  addGroup(name: string): Promise<Group>;
  removeGroup(name: string): Promise<void>;
  orderGroups(names: readonly string[]): Promise<readonly Group[]>;
  addMember(group: string, user: string): Promise<void>;
  removeMember(group: string, user: string): Promise<void>;
  devices(): Promise<readonly Device[]>;
  device(id: string): Promise<Device>;
  revokeDevice(id: string): Promise<Device>;
  confirmDevice(id: string, transcript: string): Promise<Device>;
  /** Which policy decided each value for a device. */
  resolvePolicy(device: string, database?: string): Promise<Resolved>;
  codes(): Promise<readonly Code[]>;
  makeCode(wish: MakeCode): Promise<MadeCode>;
  withdrawCode(id: string): Promise<void>;
  policies(): Promise<readonly PolicyVersion[]>;
  policy(name: string): Promise<PolicyVersion>;
  policyHistory(name: string): Promise<readonly PolicyVersion[]>;
  /** All of them take effect, or none. */
  applyPolicies(files: readonly PolicyFile[]): Promise<PolicyChanges>;
  diffPolicies(files: readonly PolicyFile[]): Promise<PolicyChanges>;
  deletePolicy(name: string): Promise<void>;
  /** Sends a new message to these devices; without `devices` to all. */
  push(wish?: Push): Promise<Pushed>;
  keys(): Promise<readonly Key[]>;
  rotateKeys(wish: RotateKeys): Promise<Key>;
  /** Takes keys away from devices: they can no longer open what was backed up under them. */
  eraseKeys(wish: EraseKeys): Promise<ErasedKeys>;
  /** Entries behind `after`, oldest first. */
  audit(page?: { readonly after?: number; readonly limit?: number }): Promise<AuditPage>;
}

/** @param options.token the text of the server's `admin-token` file */
export function adminClient({
  url,
  token,
  signal,
  ...options
}: ClientOptions & {
  readonly url: string;
  readonly token: string;
  /** Ends whatever is being asked. */
  readonly signal?: AbortSignal;
}): AdminClient {
  const connection: Connection = { ...options, url, authorize: async () => `Bearer ${token}` };
  const get = <S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S>> =>
    askFor(connection, { method: 'GET', path: `/api/v1/admin/${path}`, repeatable: true, signal }, schema);
  const change = (method: Ask['method'], path: string, body?: unknown): Ask => ({
    ...{ method, body, path: `/api/v1/admin/${path}`, repeatable: false, signal },
  });
  const set = <S extends z.ZodType>(request: Ask, schema: S): Promise<z.infer<S>> =>
    askFor(connection, request, schema);
  const run = async (request: Ask): Promise<void> => {
    await ask(connection, request, z.unknown());
  };
  const e = encodeURIComponent;

  return {
    health: () =>
      askFor(connection, { method: 'GET', path: '/healthz', repeatable: true, signal }, healthSchema),
    users: async () => (await get('users', userListSchema)).users,
    addUser: (name) => set(change('POST', 'users', { name }), userSchema),
    removeUser: (name) => run(change('DELETE', `users/${e(name)}`)),
    groups: async () => (await get('groups', groupListSchema)).groups,
    addGroup: (name) => set(change('POST', 'groups', { name }), groupSchema),
    removeGroup: (name) => run(change('DELETE', `groups/${e(name)}`)),
    orderGroups: async (groups) =>
      (await set(change('PUT', 'group-order', { groups }), groupListSchema)).groups,
    addMember: (group, user) => run(change('PUT', `groups/${e(group)}/members/${e(user)}`)),
    removeMember: (group, user) => run(change('DELETE', `groups/${e(group)}/members/${e(user)}`)),
    devices: async () => (await get('devices', deviceListSchema)).devices,
    device: (id) => get(`devices/${e(id)}`, deviceSchema),
    revokeDevice: (id) => set(change('POST', `devices/${e(id)}/revoke`), deviceSchema),
    confirmDevice: (id, transcript) =>
      set(change('POST', `devices/${e(id)}/confirm`, { transcript }), deviceSchema),
    resolvePolicy: (id, database) => {
      const query = database === undefined ? '' : `?database=${e(database)}`;
      return get(`devices/${e(id)}/rules${query}`, resolvedSchema);
    },
    codes: async () => (await get('codes', codeListSchema)).codes,
    makeCode: (wish) => set(change('POST', 'codes', wish), madeCodeSchema),
    withdrawCode: (id) => run(change('DELETE', `codes/${e(id)}`)),
    policies: async () => (await get('policies', policyListSchema)).policies,
    policy: (name) => get(`policies/${e(name)}`, policyVersionSchema),
    policyHistory: async (name) => (await get(`policies/${e(name)}/history`, policyListSchema)).policies,
    applyPolicies: (files) => set(change('POST', 'policies/apply', { files }), policyChangesSchema),
    diffPolicies: (files) => set(change('POST', 'policies/diff', { files }), policyChangesSchema),
    deletePolicy: (name) => run(change('DELETE', `policies/${e(name)}`)),
    push: (wish = {}) => set(change('POST', 'policies/push', wish), pushedSchema),
    keys: async () => (await get('keys', keyListSchema)).keys,
    rotateKeys: (wish) => set(change('POST', 'keys/rotate', wish), keySchema),
    eraseKeys: (wish) => set(change('POST', 'keys/erase', wish), erasedKeysSchema),
    audit: ({ after = 0, limit = 100 } = {}) => get(`audit?after=${after}&limit=${limit}`, auditPageSchema),
  };
}
