import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { reason, usage } from '../../errors.ts';

/**
 * Writes the file that `--out` names, mode 0600. Never into one that is there: it might be open to others, or hold
 * what is still wanted.
 */
export async function writeOut(file: string, parts: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const unwritable = (cause: unknown): never => {
    throw usage(`--out ${file}: cannot be written: ${reason(cause)}`, { cause });
  };
  const out = await open(resolve(file), 'wx', 0o600).catch(unwritable);
  try {
    for await (const part of parts) await out.writeFile(part).catch(unwritable);
    await out.sync().catch(unwritable);
  } finally {
    await out.close();
  }
}
