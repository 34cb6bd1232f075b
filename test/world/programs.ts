/** The server and the storage of a world: each can be stopped, and started again at the same address. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdminClient, adminClient } from '../../src/api/client/index.ts';
import { start as startServer } from '../../src/programs/server/index.ts';
import { addArea, start as startStorage } from '../../src/programs/storage/index.ts';
import { holdfast, serving } from '../e2e/cli-command.ts';

export interface Program {
  /** Where it really listens. */
  readonly url: string;
  readonly state: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface Programs {
  readonly server: Program;
  readonly storage: Program;
  readonly admin: AdminClient;
  readonly tokenFile: string;
  readonly area: string;
  readonly objects: string;
  close(): Promise<void>;
}

/** @param told how devices are to reach them, where that is not where they listen */
export async function startPrograms(
  kind: 'inprocess' | 'processes',
  directory: string,
  told: { readonly server: string | undefined; readonly storage: string | undefined },
): Promise<Programs> {
  const launch = kind === 'inprocess' ? launchHere : launchProcess;
  const server = await program('server', join(directory, 'server'), told.server, launch);
  const storage = await program('storage', join(directory, 'storage'), told.storage, launch);
  const tokenFile = join(server.state, 'admin-token');
  const token = (await readFile(tokenFile, 'utf8')).trim();
  const area = kind === 'inprocess' ? await areaHere(server, storage) : await areaByCommand(server, storage);
  return {
    ...{ server, storage, tokenFile, area },
    admin: adminClient({ url: server.url, token }),
    objects: join(storage.state, 'objects', area.replace(/\/$/, '').split('/').at(-1) ?? ''),
    async close() {
      await server.stop();
      await storage.stop();
    },
  };
}

interface Launched {
  readonly url: string;
  close(): Promise<unknown>;
}
type Launch = (
  name: 'server' | 'storage',
  config: { state: string; port: number; url: string | undefined },
) => Promise<Launched>;

async function program(
  name: 'server' | 'storage',
  state: string,
  told: string | undefined,
  launch: Launch,
): Promise<Program> {
  let running: Launched | undefined = await launch(name, { state, port: 0, url: told });
  // With a proxy in front, what it says is the proxy's address; the port is told once it is known.
  const { url } = running;
  const port = Number(new URL(url).port);
  return {
    ...{ url, state },
    async stop() {
      await running?.close();
      running = undefined;
    },
    async start() {
      running ??= await launch(name, { state, port, url: told });
    },
  };
}

const launchHere: Launch = async (name, { state, port, url }) => {
  const named = url === undefined ? {} : { url };
  const running =
    name === 'server'
      ? await startServer({ ...{ state, port, log: silent }, ...named })
      : await startStorage({ ...{ state, listen: `127.0.0.1:${port}`, log: 'silent' }, ...named });
  return { url: `http://127.0.0.1:${running.port}`, close: () => running.close() };
};

const silent = { info: () => {}, warn: () => {}, error: () => {} };

const launchProcess: Launch = async (name, { state, port, url }) => {
  if (url !== undefined) throw new Error('a proxy stands only before programs in this process');
  const program = await serving([name, 'start', '--state', state, '--listen', `127.0.0.1:${port}`]);
  return { url: program.url, close: () => program.stop() };
};

async function areaHere(server: Program, storage: Program): Promise<string> {
  const { identityKey } = (await (await fetch(`${server.url}/api/v1/identity`)).json()) as {
    identityKey: object;
  };
  return (await addArea(storage.state, { name: 'company', issuers: [identityKey] })).uri;
}

async function areaByCommand(server: Program, storage: Program): Promise<string> {
  const args = ['storage', 'area', 'add', 'company', '--state', storage.state, '--trust', server.url];
  const { code, stdout, stderr } = await holdfast(args);
  if (code !== 0) throw new Error(`area add ended with ${code}: ${stderr}`);
  return stdout.trim();
}
