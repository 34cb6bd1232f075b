import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type Content,
  type ListedItem,
  type Source,
  SourceError,
  type SourceWriter,
} from '../../database/index.ts';
import { type BytePath, fromBytes, fromText, fsPath, join, reasonOf, sourceName } from '../files/index.ts';
import { type Excluder, excluder } from './exclude.ts';
import { FileReader } from './read.ts';
import { Walk } from './walk.ts';
import { folderWriter } from './writer.ts';

export interface FolderOptions {
  readonly path: string;
  /** For messages. */
  readonly label?: string;
  /** gitignore rules, relative to the root: what they match is not listed. */
  readonly exclude?: readonly string[];
}

const BATCH = 100;

export function folderSource(options: FolderOptions): Source {
  const root = fromText(resolve(options.path));
  const excluded = excluder(options.exclude ?? []);
  let reader: FileReader | undefined;
  return {
    kind: 'folder',
    list: (skip) => list(root, sourceName(options), excluded, skip),
    read(item): Content {
      if (item.attributes.directory || item.attributes.link)
        return { kind: 'bytes', bytes: new Uint8Array(0) };
      reader ??= new FileReader();
      return reader.read(join(root, fromBytes(item.uid)), item);
    },
    writer: async (writing): Promise<SourceWriter> => folderWriter(root, writing),
    async close() {
      reader = undefined;
    },
  };
}

async function* list(
  root: BytePath,
  name: string,
  excluded: Excluder,
  skip: Parameters<Source['list']>[0],
): AsyncGenerator<readonly ListedItem[]> {
  const items = new Walk(root, excluded, skip).items();
  let batch: ListedItem[] = [];
  try {
    const before = rootOf(root);
    for (const item of items) {
      if (batch.push(item) < BATCH) continue;
      yield batch;
      batch = [];
    }
    // Unmounted on the way, everything not yet listed would look deleted (U6).
    const after = rootOf(root);
    if (after.dev !== before.dev || after.ino !== before.ino)
      throw new Error('it was replaced while it was listed');
  } catch (error) {
    const message = `cannot list ${name}: ${reasonOf(error)}`;
    throw new SourceError('ERR_SOURCE_UNAVAILABLE', message, { cause: error });
  }
  if (batch.length > 0) yield batch;
}

function rootOf(root: BytePath): Stats {
  const stat = statSync(fsPath(root));
  if (!stat.isDirectory()) throw new Error('it is not a directory');
  return stat;
}
