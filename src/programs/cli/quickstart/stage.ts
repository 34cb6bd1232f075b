import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { reason, usage } from '../errors.ts';
import type { Output } from '../output/index.ts';
import { packageRoot } from '../settings/index.ts';
import type { Narrator } from './narrator.ts';
import type { Programs } from './programs.ts';

/** Everything that a quickstart makes below its directory; a second one clears away what the first left. */
const OURS = [
  'server',
  'storage',
  'alice-phone',
  'alice-new-phone',
  'alice-tablet',
  'bob-phone',
  'stranger',
  'restored',
];
const MARK = 'quickstart.json';

export interface StageOptions {
  /** Where everything is kept; default: a temporary directory that goes away at the end. */
  readonly state: string | undefined;
  /** The phone's data, an entry for each database; default: the invented phone of the package. */
  readonly data: string | undefined;
  readonly narrator: Narrator;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** What all acts share. */
export interface Stage {
  readonly directory: string;
  readonly temporary: boolean;
  readonly data: string;
  readonly examples: string;
  readonly narrator: Narrator;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Act 1 starts them. */
  programs: Programs;
  /** Has this ended when the play is over, last come first. */
  atEnd(work: () => Promise<void>): void;
  close(): Promise<void>;
}

export async function setStage({ state, data, ...shared }: StageOptions): Promise<Stage> {
  const examples = join(packageRoot(), 'examples');
  const phone = resolve(data ?? join(examples, 'phone'));
  if (!(await lstat(phone).catch(() => undefined))?.isDirectory())
    throw usage(`--data ${phone}: there is no such directory`);
  const directory =
    state === undefined ? await mkdtemp(join(tmpdir(), 'holdfast-quickstart-')) : resolve(state);
  if (state !== undefined) await clear(directory);
  let programs: Programs | undefined;
  const ends: (() => Promise<void>)[] = [];
  return {
    ...shared,
    ...{ directory, examples },
    temporary: state === undefined,
    data: phone,
    get programs() {
      if (!programs) throw new Error('the programs have not been started');
      return programs;
    },
    set programs(started) {
      programs = started;
    },
    atEnd: (work) => void ends.push(work),
    async close() {
      for (const end of ends.reverse()) await end();
      if (state === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Makes the directory ready, and touches nothing that an earlier quickstart has not made. */
async function clear(directory: string): Promise<void> {
  const unusable = (cause: unknown): never => {
    throw usage(`--state ${directory}: cannot be used: ${reason(cause)}`, { cause });
  };
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch(unusable);
  const names = await readdir(directory).catch(unusable);
  if (names.length > 0 && !names.includes(MARK))
    throw usage(`--state ${directory}: not empty, and not of an earlier quickstart; name another directory`);
  for (const name of OURS) await rm(join(directory, name), { recursive: true, force: true });
  await writeFile(join(directory, MARK), '{"kind":"holdfast quickstart"}\n');
}
