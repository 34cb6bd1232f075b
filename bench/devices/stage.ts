/** Stage: the enterprise server with its administrator, and where everything lies. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdminClient, adminClient } from '../../src/api/client/index.ts';
import { install } from '../contenders/holdfast/index.ts';
import { freePort, Service, temporary } from '../measure/index.ts';
import type { DevicesOptions } from './options.ts';

/** Devices are other machines: what they write must not wait for the disk of this one. */
const MEMORY = '/dev/shm';

/** Written last: a prepared state without it is not whole. */
const MARK = 'prepared.json';

export interface Stage extends AsyncDisposable {
  readonly server: Service;
  readonly admin: AdminClient;
  readonly version: string;
  /** State directories of the devices. */
  readonly states: readonly string[];
  /** How many of them, from the first on, are enrolled already. */
  readonly enrolled: number;
  /** Keeps what was prepared, when a directory for it was named. */
  keep(): Promise<void>;
}

export async function setStage(options: DevicesOptions): Promise<Stage> {
  await using made = new AsyncDisposableStack();
  const directory = async (below: string): Promise<string> =>
    made.use(await temporary(below, 'holdfast-devices')).path;
  const own = await directory(options.dir ?? tmpdir());
  const devices = join(await directory(existsSync(MEMORY) ? MEMORY : tmpdir()), 'devices');
  const server = join(own, 'server');
  const prepared = await readPrepared(options);
  const { program, version } = await install(join(own, 'program'));
  // What was prepared stays as it is: it is used as a copy.
  if (prepared && options.enrolled !== undefined) {
    await cp(join(options.enrolled, 'server'), server, { recursive: true });
    await cp(join(options.enrolled, 'devices'), devices, { recursive: true });
  } else await mkdir(devices, { mode: 0o700 });

  const port = prepared?.port ?? (await freePort());
  const start = (): Promise<Service> => {
    const profile =
      options.profiles === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${options.profiles}`, '--cpu-prof-name=server.cpuprofile'];
    const words = ['server', 'start', '--json', '--state', server, '--listen', `127.0.0.1:${port}`];
    return Service.start([process.execPath, ...profile, program, ...words], { log: join(own, 'server.log') });
  };
  const service = made.use(await start());
  const token = (await readFile(join(server, 'admin-token'), 'utf8')).trim();
  const running = made.move();
  return {
    server: service,
    admin: adminClient({ url: service.url, token, timeout: 600_000 }),
    version,
    states: Array.from({ length: options.devices }, (_, n) => join(devices, String(n))),
    enrolled: prepared?.devices ?? 0,
    async keep() {
      const { enrolled } = options;
      if (enrolled === undefined || prepared) return;
      await mkdir(enrolled, { recursive: true, mode: 0o700 });
      await cp(server, join(enrolled, 'server'), { recursive: true });
      await cp(devices, join(enrolled, 'devices'), { recursive: true });
      await writeFile(join(enrolled, MARK), JSON.stringify({ v: 1, devices: options.devices, port }));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** @throws Error when it was prepared for another number of devices */
async function readPrepared({ enrolled, devices }: DevicesOptions) {
  if (enrolled === undefined || !existsSync(join(enrolled, MARK))) return undefined;
  const found = JSON.parse(await readFile(join(enrolled, MARK), 'utf8')) as { devices: number; port: number };
  if (found.devices === devices) return found;
  throw new Error(`${enrolled} was prepared for ${found.devices} devices; name another directory`);
}
