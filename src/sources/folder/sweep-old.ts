import { readdirSync } from 'node:fs';
import { type BytePath, fromBytes, fsPath, isTemporaryName, join, removeOwn } from '../files/index.ts';
import { lookAt } from './look.ts';

/** A restore at work touches its staging directory more often, ms. */
const ABANDONED = 24 * 3_600_000;

/** Removes what a restore that was killed left behind long ago, where no lock tells that it is dead. */
export function sweepOld(root: BytePath): void {
  if (!lookAt(root)?.isDirectory()) return;
  for (const entry of readdirSync(fsPath(root), { withFileTypes: true, encoding: 'buffer' })) {
    const name = fromBytes(entry.name);
    if (!entry.isDirectory() || !isTemporaryName(name)) continue;
    const full = join(root, name);
    if (Date.now() - (lookAt(full)?.mtimeMs ?? Number.POSITIVE_INFINITY) <= ABANDONED) continue;
    try {
      removeOwn(full);
    } catch {
      // It belongs to somebody else, or goes at this moment: it stays.
    }
  }
}
