/**
 * The list of sources: which data of this terminal fills which database. A file of the state directory; whoever
 * changes it holds the lock `sources`.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { type ParamsOf, type SourceRow, sourceAddParams } from '../../api/device/index.ts';
import { isDatabaseName, MAX_DATABASE_NAME } from '../../database/index.ts';
import { DeviceError, reason } from './errors.ts';
import { type Home, Lock, readJson, refuseOverlap, writeDurably } from './home/index.ts';

const bookSchema = z.object({
  v: z.literal(1),
  sources: z.array(sourceAddParams.required({ label: true, exclude: true })),
});

const LOCK_WAIT = 5000;

export async function listSources(home: Home): Promise<readonly SourceRow[]> {
  if (!(await home.exists())) return [];
  return (await readJson(home.sources, (value) => bookSchema.parse(value, { jitless: true })))?.sources ?? [];
}

/** Names of the databases that have sources, each once, sorted. */
export const databasesOf = (sources: readonly SourceRow[]): string[] =>
  [...new Set(sources.map(({ database }) => database))].sort();

/** @throws DeviceError when the kind is not known, the path is not there, or the label is taken */
export async function addSource(
  home: Home,
  kinds: readonly string[],
  params: ParamsOf<'sourceAdd'>,
): Promise<SourceRow> {
  if (!kinds.includes(params.kind)) {
    throw new DeviceError(
      'ERR_USAGE',
      `there is no kind of source "${params.kind}"; there are: ${kinds.join(', ')}`,
    );
  }
  if (!isDatabaseName(params.database)) {
    const message = `"${params.database}" cannot be the name of a database: at most ${MAX_DATABASE_NAME} bytes, no blanks around it`;
    throw new DeviceError('ERR_USAGE', message);
  }
  try {
    await stat(params.path);
  } catch (cause) {
    throw new DeviceError('ERR_USAGE', `${params.path} cannot be read: ${reason(cause)}`, { cause });
  }
  await refuseOverlap(home, params.path);
  await home.make();
  await using _ = await Lock.take(home, 'sources', { task: 'adds a source', wait: LOCK_WAIT });
  const sources = await listSources(home);
  const labels = new Set(sources.map(({ label }) => label));
  if (params.label !== undefined && labels.has(params.label)) {
    throw new DeviceError(
      'ERR_SOURCE',
      `there is a source "${params.label}" already; remove it or choose another label`,
    );
  }
  const { database, kind, path, exclude = [] } = params;
  const added = {
    label: params.label ?? freeLabel((basename(path) || database).slice(0, 200), labels),
    database,
    kind,
    path,
    exclude,
  };
  await save(home, [...sources, added]);
  return added;
}

/** Forgets a source; what was backed up from it stays where it is. */
export async function removeSource(home: Home, label: string): Promise<SourceRow> {
  const known = await listSources(home);
  if (known.length > 0) {
    await using _ = await Lock.take(home, 'sources', { task: 'removes a source', wait: LOCK_WAIT });
    const sources = await listSources(home);
    const removed = sources.find((source) => source.label === label);
    if (removed) {
      await save(
        home,
        sources.filter((source) => source !== removed),
      );
      return removed;
    }
  }
  throw new DeviceError('ERR_SOURCE', `there is no source "${label}"; ${labelsOf(known)}`);
}

/** For messages: which there are. */
export const labelsOf = (sources: readonly SourceRow[]): string =>
  sources.length === 0 ? 'there are none' : `there are: ${sources.map(({ label }) => label).join(', ')}`;

const save = (home: Home, sources: readonly SourceRow[]): Promise<void> =>
  writeDurably(home.sources, `${JSON.stringify({ v: 1, sources }, null, 2)}\n`);

function freeLabel(wanted: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const label = n === 1 ? wanted : `${wanted} ${n}`;
    if (!taken.has(label)) return label;
  }
}
