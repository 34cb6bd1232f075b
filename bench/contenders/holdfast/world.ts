/** World: an enterprise server, a storage and an enrolled device with its sources, for one repetition. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kind, kinds } from '../../data/index.ts';
import { command, freePort, Service } from '../../measure/index.ts';
import type { Beside } from '../contender.ts';
import type { Certificate } from './certificate.ts';

export interface World extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  /** State directory of the storage. */
  readonly storage: string;
  /** The words that run a command of the device. */
  device(words: readonly string[], node?: readonly string[]): string[];
  /** Begins to count; the result says what the services used since. */
  mark(): () => Readonly<Record<string, Beside>>;
}

interface Plan {
  readonly program: string;
  readonly folders: readonly Kind[];
  /** With it both services are reached over TLS. */
  readonly certificate?: Certificate | undefined;
}

export async function setUp(directory: string, source: string, plan: Plan): Promise<World> {
  const { program, certificate } = plan;
  await using started = new AsyncDisposableStack();
  await mkdir(directory, { recursive: true });
  const at = (name: string): string => join(directory, name);
  const environment = certificate ? { NODE_EXTRA_CA_CERTS: certificate.certificate } : {};
  const services: Record<string, Service> = {};
  const call = (...words: string[]) =>
    command([process.execPath, program, ...words, '--json'], { environment });

  const serve = async (what: 'server' | 'storage'): Promise<string> => {
    const port = await freePort();
    const words = [process.execPath, program, what, 'start', '--json', '--state', at(what)];
    const listen = ['--listen', `127.0.0.1:${port}`];
    const url = certificate ? `https://127.0.0.1:${await freePort()}` : undefined;
    const named = url === undefined ? [] : ['--url', url];
    const service = await Service.start([...words, ...listen, ...named], { log: at(`${what}.log`) });
    services[what] = started.use(service);
    if (!certificate || url === undefined) return service.url;
    const proxy = join(import.meta.dirname, 'tls-proxy.ts');
    const { key, certificate: chain } = certificate;
    services[`${what} proxy`] = started.use(
      await Service.start([process.execPath, proxy, chain, key, new URL(url).port, String(port)]),
    );
    return url;
  };
  const server = await serve('server');
  await serve('storage');
  const trust = ['--state', at('storage'), '--trust', server];
  const area = await call('storage', 'area', 'add', 'bench', ...trust);
  await writeFile(at('policy.yaml'), policy((JSON.parse(area.output) as { uri: string }).uri));

  const admin = ['--server', server, '--token-file', join(at('server'), 'admin-token')];
  await call('admin', 'user', 'add', 'somebody', ...admin);
  await call('admin', 'policy', 'apply', at('policy.yaml'), ...admin);
  await call('admin', 'device', 'code', 'somebody', '--out', at('code'), ...admin);
  const state = ['--state', at('device')];
  await call('device', 'enrol', '--code-file', at('code'), ...state);
  for (const folder of plan.folders)
    await call(
      'source',
      'add',
      kinds[folder].database,
      'folder',
      join(source, folder),
      '--as',
      folder,
      ...state,
    );

  const running = started.move();
  return {
    environment,
    storage: at('storage'),
    device: (words, node = []) => [process.execPath, ...node, program, ...words, ...state, '--json'],
    mark() {
      const before = Object.entries(services).map(([name, service]) => {
        service.forgetPeak();
        return [name, service, service.cpu()] as const;
      });
      return () =>
        Object.fromEntries(
          before.map(([name, service, cpu]) => [name, { cpu: service.cpu() - cpu, peak: service.peak() }]),
        );
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const policy = (area: string): string => `name: everyone
scope: { global: true }
databases:
  "*": { backup: allow, encrypt: user, custody: company, into: allow }
destinations: [ { area: "${area}" } ]
`;
