/**
 * Holdfast as it is used: an enterprise server, a storage and the device's command line, each a process of its own,
 * over HTTP on the loopback. Its CPU is that of all three together.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folders, kinds } from '../data/index.ts';
import { command, Service, storedBytes } from '../measure/index.ts';
import type { Contender, Measured, Phase, Session } from './contender.ts';
import { install } from './installed.ts';

let program: readonly string[] = [];

export const holdfast: Contender = {
  name: 'holdfast',

  async prepare(directory) {
    program = [process.execPath, await install(directory)];
    return undefined;
  },

  async open(directory, source, options): Promise<Session> {
    await using started = new AsyncDisposableStack();
    await mkdir(directory, { recursive: true });
    const at = (name: string): string => join(directory, name);
    const serve = async (what: string): Promise<Service> =>
      started.use(
        await Service.start([
          ...program,
          what,
          'start',
          '--json',
          ...['--state', at(what), '--listen', '127.0.0.1:0'],
        ]),
      );
    const server = await serve('server');
    const storage = await serve('storage');
    const area = await call(
      'storage',
      'area',
      'add',
      'bench',
      '--state',
      at('storage'),
      '--trust',
      server.url,
    );
    const { uri } = JSON.parse(area.output) as { uri: string };
    await writeFile(at('policy.yaml'), policy(uri));

    const admin = ['--server', server.url, '--token-file', join(at('server'), 'admin-token')];
    await call('admin', 'user', 'add', 'somebody', ...admin);
    await call('admin', 'policy', 'apply', at('policy.yaml'), ...admin);
    await call('admin', 'device', 'code', 'somebody', '--out', at('code'), ...admin);
    const device = ['--state', at('device')];
    await call('device', 'enrol', '--code-file', at('code'), ...device);
    for (const { folder, database } of folders)
      await call('source', 'add', database, 'folder', join(source, folder), '--as', folder, ...device);

    const words: { readonly [P in Phase]: readonly string[] } = {
      first: ['backup'],
      unchanged: ['backup'],
      changed: ['backup'],
      restore: ['restore', '--into', at('restored')],
      verify: ['verify'],
    };
    const running = started.move();
    return {
      restored: (folder) => join(at('restored'), kinds[folder].database),
      async run(phase: Phase): Promise<Measured> {
        const before = { storage: storage.cpu(), server: server.cpu() };
        const run = [...program, ...words[phase], ...device, '--json'];
        const { wall, cpu, peak } = await command(profiled(run, phase, options.profile));
        const programs = {
          device: cpu,
          storage: storage.cpu() - before.storage,
          server: server.cpu() - before.server,
        };
        return {
          wall,
          cpu: programs.device + programs.storage + programs.server,
          peak,
          stored: await storedBytes(at('storage')),
          programs,
        };
      },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  },
};

const call = (...words: string[]) => command([...program, ...words, '--json']);

function profiled([node = '', ...rest]: readonly string[], phase: Phase, profile?: string): string[] {
  if (profile === undefined) return [node, ...rest];
  return [node, '--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${phase}.cpuprofile`, ...rest];
}

const policy = (area: string): string => `name: everyone
scope: { global: true }
databases:
  "*": { backup: allow, encrypt: user, custody: company, into: allow }
destinations: [ { area: "${area}" } ]
`;
