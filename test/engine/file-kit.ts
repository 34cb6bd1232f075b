/** Backup files through the engine: made from folders, read back into a directory. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BackupReport,
  type RestoreReport,
  type RestoreRequest,
  restore,
  runBackup,
} from '../../src/backup/index.ts';
import type { ItemClass } from '../../src/database/index.ts';
import { createIpdFile, openIpdFile } from '../../src/destinations/ipd-file/index.ts';
import type { DatabaseRule } from '../../src/policy/rules/index.ts';
import type { Destination } from '../../src/set/index.ts';
import { openSource, sourceForInto } from '../../src/sources/index.ts';
import { temporaryState } from '../../src/state/index.ts';
import { RULE, type TestDevice } from './world.ts';

/** The rule of a file where policy leaves the granularity open. */
export const FILE_RULE: DatabaseRule = { ...RULE, granularity: 'item' };
export const PLAIN: DatabaseRule = { ...FILE_RULE, encrypt: 'none', plain: 'send' };

export interface FileDatabase {
  readonly name: string;
  readonly path: string;
  readonly rule?: DatabaseRule;
  readonly classify?: (path: string) => ItemClass;
}

export async function backupToFile(
  device: TestDevice,
  path: string,
  databases: readonly FileDatabase[],
  options: {
    readonly replace?: boolean;
    readonly onCheckpoint?: () => void;
    /** Instead of the file's own, so that a small file has what a large one has. */
    readonly limits?: Pick<Destination, 'segmentLimit' | 'checkpointEvery'>;
  } = {},
): Promise<BackupReport> {
  const names = new Map<string, string>();
  const file = await createIpdFile({
    path,
    databases: databases.map(({ name }) => name),
    nameOf: (id) => names.get(id),
    replace: options.replace ?? false,
  });
  const putObject = file.putObject.bind(file);
  file.putObject = async (name, kind, bytes) => {
    await putObject(name, kind, bytes);
    if (kind === 'checkpoint') options.onCheckpoint?.();
  };
  const state = temporaryState();
  const plans = databases.map(
    ({ name, path: from, rule = FILE_RULE, classify = () => 'personal' as const }) => ({
      database: name,
      label: name,
      source: openSource({ kind: 'folder', path: from, label: name }),
      classify,
      rules: () => rule,
    }),
  );
  try {
    const engine = await device.engine();
    await engine.destination.close();
    const report = await runBackup(
      { ...engine, destination: options.limits ? { ...methodsOf(file), ...options.limits } : file },
      {
        catalogue: state.catalogue(path),
        plans,
        policy: 1,
        onDatabase: (id, name) => void names.set(id, name),
      },
    );
    await file.finish();
    return report;
  } finally {
    for (const { source } of plans) await source.close();
    state.close();
    await file.close();
  }
}

/** A destination as a plain value, of which parts can be replaced. */
const methodsOf = (file: Destination): Destination => ({
  ...file,
  putSegment: (name, segment) => file.putSegment(name, segment),
  getSegment: (name) => file.getSegment(name),
  getRange: (range) => file.getRange(range),
  putObject: (name, kind, bytes) => file.putObject(name, kind, bytes),
  getObject: (name, limit) => file.getObject(name, limit),
  list: (prefix) => file.list(prefix),
  remove: (names) => file.remove(names),
  close: () => file.close(),
});

/** Restores into a directory, one folder per database. */
export async function restoreFromFile(
  device: TestDevice,
  path: string,
  into: string,
  request: Partial<Omit<RestoreRequest, 'writerFor'>> = {},
): Promise<RestoreReport> {
  const engine = await device.engine();
  await engine.destination.close();
  const file = await openIpdFile(path);
  try {
    await mkdir(into, { recursive: true });
    return await restore(
      { ...engine, destination: file },
      {
        ...request,
        writerFor: ({ sourceKind, database }) =>
          sourceForInto(sourceKind, join(into, database)).writer({ keepBoth: false, dryRun: false }),
      },
    );
  } finally {
    await file.close();
  }
}
