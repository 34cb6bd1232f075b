import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeDirectory } from '../../disk/index.ts';
import { utf8 } from '../../lib/bytes.ts';
import { ServerError } from './errors.ts';
import { writeSecretFile } from './keys/index.ts';

/** Says what the directory is; `v` changes with its layout. */
const MARK = 'server.json';
const LAYOUT = { kind: 'holdfast server', v: 1 };

/**
 * Makes a state directory ready, or makes it. Nothing is written to one that holds other things: a slip in a path
 * must not put keys among them. Keys lie in it, so it belongs to the server's account alone.
 *
 * @throws ServerError `ERR_SERVER_DIRECTORY`
 */
export async function claimDirectory(directory: string): Promise<void> {
  try {
    await makeDirectory(resolve(directory));
    const names = await readdir(directory);
    const marked = names.includes(MARK);
    // What a crash left while the mark was written is no content.
    if (!marked && names.some((name) => !name.startsWith(`${MARK}.`))) {
      throw refusal(`${directory} is not empty, and not a server's state directory; name another`);
    }
    checkPrivate(directory, await stat(directory));
    if (!marked) await writeSecretFile(join(directory, MARK), utf8(`${JSON.stringify(LAYOUT)}\n`));
    await checkLayout(directory);
  } catch (cause) {
    if (cause instanceof ServerError) throw cause;
    const why = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? (cause as Error).message;
    throw refusal(`${directory} cannot be used as state directory: ${why}`, cause);
  }
}

function checkPrivate(directory: string, { uid, mode }: Stats): void {
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw refusal(`${directory} belongs to another account than this program's`);
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw refusal(`${directory} is open to others; run: chmod 700 ${directory}`);
  }
}

async function checkLayout(directory: string): Promise<void> {
  const found = parse(await readFile(join(directory, MARK), 'utf8'));
  if (found?.kind !== LAYOUT.kind || found.v !== LAYOUT.v) {
    throw refusal(`${directory} was made by another program, or another version of this one`);
  }
}

function parse(text: string): { kind?: unknown; v?: unknown } | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

const reasons: Partial<Record<string, string>> = {
  EEXIST: 'it is no directory',
  ENOTDIR: 'it is no directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

const refusal = (message: string, cause?: unknown): ServerError =>
  new ServerError('ERR_SERVER_DIRECTORY', message, { cause });
