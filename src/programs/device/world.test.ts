/** Parts for the tests of this program: a real server and a real storage in this process, and devices of theirs. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type AdminClient, adminClient } from '../../api/client/index.ts';
import { callDevice } from '../../api/device/index.ts';
import { start as startServer } from '../server/index.ts';
import { addArea, start as startStorage } from '../storage/index.ts';
import { type Device, openDevice } from './index.ts';

export const silent = { info() {}, warn() {}, error() {} };

export interface World {
  readonly scratch: string;
  readonly storage: string;
  readonly area: string;
  readonly admin: AdminClient;
  /** One more area that this server, or another one, issues grants for. @returns its URI */
  addArea(name: string, issuer?: string, more?: { readonly appendOnly?: boolean }): Promise<string>;
  /** The policy of all tests, with more in it or something else. */
  applyPolicy(more: object): Promise<void>;
  open(name: string): Promise<Device>;
  enrolled(name: string, user: string): Promise<Device>;
  /** A directory with these files. */
  tree(name: string, files: Readonly<Record<string, string>>): Promise<string>;
}

/** Users ann and bob, and a policy that allows all but a little. Ends with the tests of the file. */
export async function world(): Promise<World> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-device-'));
  const server = await startServer({ state: join(scratch, 'server'), log: silent });
  const storage = join(scratch, 'storage');
  const running = await startStorage({ state: storage, listen: '127.0.0.1:0', log: 'silent' });
  after(async () => {
    await running.close();
    await server.close();
    await rm(scratch, { recursive: true, force: true });
  });
  const token = (await readFile(server.adminToken, 'utf8')).trim();
  const admin = adminClient({ url: server.url, token });

  const newArea: World['addArea'] = async (name, issuer = server.url, more = {}) => {
    const identity = await (await fetch(`${issuer}/api/v1/identity`)).json();
    const { identityKey } = identity as { identityKey: object };
    return (await addArea(storage, { name, issuers: [identityKey], ...more })).uri;
  };
  const area = await newArea('a');
  const applyPolicy = async (more: object): Promise<void> => {
    const policy = {
      name: 'everyone',
      scope: { global: true },
      databases: {
        'Voice Mail': { backup: 'deny' },
        Secrets: { into: 'deny' },
        '*': { backup: 'allow', encrypt: 'user', custody: 'company', into: 'allow' },
      },
      destinations: [{ area }],
      ...more,
    };
    await admin.applyPolicies([{ source: JSON.stringify(policy) }]);
  };
  const open = (name: string): Promise<Device> => openDevice({ state: join(scratch, name) });
  for (const user of ['ann', 'bob']) await admin.addUser(user);
  await applyPolicy({ expires: '7d' });
  return {
    ...{ scratch, storage, area, admin, addArea: newArea, applyPolicy, open },
    async enrolled(name, user) {
      const device = await open(name);
      const { code } = await admin.makeCode({ user });
      await callDevice(device, 'enrol', { code });
      return device;
    },
    async tree(name, files) {
      const root = join(scratch, name);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(root, path, '..'), { recursive: true });
        await writeFile(join(root, path), text);
      }
      return root;
    },
  };
}

export async function until(done: () => Promise<boolean>, seconds = 5): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`it did not happen in ${seconds} seconds`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
