/**
 * World: everything that runs, declared in one value: an enterprise server and a storage area, users, groups and
 * policies, enrolled devices; in this process, or as the real programs. A hostile proxy can stand between devices
 * and each of the two.
 *
 * @example
 * await using it = await world({ users: { alice: { devices: ['phone', 'tablet'] }, bob: { devices: ['phone'] } } });
 * await it.device('alice', 'phone').call('backup', {});
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdminClient } from '../src/api/client/index.ts';
import type { Clock } from '../src/lib/clock.ts';
import { type HostileProxy, startProxy } from './hostile/proxy.ts';
import { enrol, WorldDevice } from './world/device.ts';
import { type Program, startPrograms } from './world/programs.ts';

export { WorldDevice } from './world/device.ts';
export type { Program } from './world/programs.ts';

export interface WorldWish {
  /** `inprocess`, the default, by each program's `start`; `processes` by the real command. */
  readonly kind?: 'inprocess' | 'processes';
  /** By name. Devices are enrolled in the order written. */
  readonly users: Readonly<
    Record<string, { readonly groups?: readonly string[]; readonly devices?: readonly string[] }>
  >;
  /**
   * What a policy file holds; one global policy that allows everything unless told. `destinations` is the
   * world's area where a global policy leaves it out.
   */
  readonly policies?: readonly Readonly<Record<string, unknown>>[];
  /** Puts a proxy before both programs: `areaProxy` and `serverProxy`. */
  readonly hostile?: boolean;
  /** Of devices in this process. */
  readonly clock?: Clock;
}

export interface World extends AsyncDisposable {
  /** Temporary, removed at the end. */
  readonly directory: string;
  /** URI of the storage area as devices are told it. */
  readonly area: string;
  /** Where the storage keeps the area's objects. */
  readonly objects: string;
  readonly server: Program;
  readonly storage: Program;
  readonly admin: AdminClient;
  /** Path of the file with the administrator's token. */
  readonly tokenFile: string;
  /** Only in a hostile world. */
  readonly areaProxy: HostileProxy;
  readonly serverProxy: HostileProxy;
  device(user: string, name: string): WorldDevice;
  /** Enrols one more device. */
  enrol(user: string, name: string): Promise<WorldDevice>;
  /** A device that nobody enrolled, in the hands of a user of the server or of nobody. */
  stranger(name: string, user?: string): WorldDevice;
  applyPolicies(...policies: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** A path below {@link World.directory} at which nothing is yet. */
  place(name?: string): string;
}

/** Everything is backed up under the user's key, and may be restored anywhere. */
export const ALLOW_ALL = {
  name: 'everyone',
  scope: { global: true },
  databases: { '*': { backup: 'allow', encrypt: 'user', custody: 'company', into: 'allow' } },
} as const;

export async function world(wish: WorldWish): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-world-'));
  const closing: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    return await build(wish, directory, closing, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  wish: WorldWish,
  directory: string,
  closing: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<World> {
  const proxies = wish.hostile ? { area: await startProxy(), server: await startProxy() } : undefined;
  if (proxies)
    closing.push(
      () => proxies.area.close(),
      () => proxies.server.close(),
    );
  const programs = await startPrograms(wish.kind ?? 'inprocess', directory, {
    server: proxies?.server.url,
    storage: proxies?.area.url,
  });
  closing.push(() => programs.close());
  proxies?.area.aim(programs.storage.url);
  proxies?.server.aim(programs.server.url);
  const { admin, area } = programs;

  const devices = new Map<string, WorldDevice>();
  const own = (device: WorldDevice): WorldDevice => {
    closing.push(() => device.close());
    devices.set(`${device.user}/${device.name}`, device);
    return device;
  };
  const open = (user: string, name: string): WorldDevice =>
    new WorldDevice(user, name, join(directory, 'devices', user, name), wish.clock);
  let places = 0;
  const it: World = {
    ...{ directory, area, admin, tokenFile: programs.tokenFile },
    objects: programs.objects,
    server: programs.server,
    storage: programs.storage,
    get areaProxy() {
      return present(proxies?.area, 'the world is not hostile');
    },
    get serverProxy() {
      return present(proxies?.server, 'the world is not hostile');
    },
    device: (user, name) => present(devices.get(`${user}/${name}`), `there is no device ${user}/${name}`),
    enrol: async (user, name) => enrol(admin, own(open(user, name))),
    stranger: (name, user = 'nobody') => own(open(user, name)),
    async applyPolicies(...policies) {
      const files = policies.map((policy) => ({
        source: JSON.stringify(
          'global' in (policy.scope as object) ? { destinations: [{ area }], ...policy } : policy,
        ),
      }));
      await admin.applyPolicies(files);
    },
    place: (name = 'place') => join(directory, `${name}-${places++}`),
    [Symbol.asyncDispose]: close,
  };
  for (const group of new Set(Object.values(wish.users).flatMap(({ groups = [] }) => groups)))
    await admin.addGroup(group);
  for (const [user, { groups = [] }] of Object.entries(wish.users)) {
    await admin.addUser(user);
    for (const group of groups) await admin.addMember(group, user);
  }
  await it.applyPolicies(...(wish.policies ?? [ALLOW_ALL]));
  for (const [user, { devices: names = [] }] of Object.entries(wish.users))
    for (const name of names) await it.enrol(user, name);
  return it;
}

function present<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new Error(otherwise);
  return value;
}
