/** One phase of one contender: everything is on disk before, and what it brought back is compared after. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender, Measured, Phase, Session } from '../contenders/index.ts';
import type { Kind, Tree } from '../data/index.ts';
import { sameFiles, sameTrees } from '../measure/index.ts';

/** @throws Error when a restore does not bring back the same bytes: it is not measured but reported */
export async function step(
  { name }: Pick<Contender, 'name'>,
  session: Session,
  tree: Tree,
  phase: Phase,
): Promise<Measured | undefined> {
  if (phase === 'item' && tree.item === undefined) return undefined;
  // What one wrote must not be what the next one waits for.
  execFileSync('sync');
  const measured = await session.run(phase, tree.item ?? '');
  if (!measured) return undefined;
  if (phase === 'restore') {
    for (const folder of tree.folders)
      if (!(await sameTrees(join(tree.root, folder), session.restored('restore', folder))))
        throw new Error(`${name}: ${folder} was not restored as it was`);
  }
  if (phase === 'item') checkItem(name, session, tree);
  // What is left after pruning must be whole.
  if (phase === 'prune' && tree.item !== undefined) {
    await session.run('item', tree.item);
    checkItem(name, session, tree);
  }
  if (phase === 'restore') await putAside(session.target('restore'));
  await rm(session.target('item'), { recursive: true, force: true });
  return measured;
}

/**
 * What was restored stays until everything was measured: ext4 passes over inodes that were freed within the last minutes,
 * one by one, so that whoever restores next would pay for what was removed.
 */
async function putAside(tree: string): Promise<void> {
  await rename(tree, `${tree}-${randomUUID()}`);
}

function checkItem(name: string, session: Session, { root, item = '' }: Tree): void {
  const [folder = '', ...rest] = item.split('/');
  const back = join(session.restored('item', folder as Kind), ...rest);
  if (!sameFiles(join(root, item), back)) throw new Error(`${name}: ${item} was not restored as it was`);
}
