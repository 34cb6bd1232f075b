/** Operation `setsConfirm`: a mass change was meant (U6). */
import { existsSync } from 'node:fs';
import { confirmSet, type SetInfo } from '../../../backup/index.ts';
import { openState } from '../../../state/index.ts';
import type { Handler, OperationContext } from '../context.ts';
import { Lock } from '../home/index.ts';
import { stand } from '../standing/index.ts';
import { openEngine } from './open.ts';

/** Remembered here; the next set of this device says so to others. */
export const setsConfirm: Handler<'setsConfirm'> = async (context, { from, set }) => {
  const { home, signal } = context;
  await using standing = await stand(context);
  await using _ = await Lock.take(home, 'run', { task: 'confirms a set', signal });
  const { destination, close } = await openEngine(context, standing, from);
  const state = openState(home.catalogue);
  try {
    const catalogue = state.catalogue(destination);
    confirmSet(catalogue, set);
    return { destination, set, waiting: [...(catalogue.chain()?.alerts ?? [])] };
  } finally {
    state.close();
    await close();
  }
};

/** Which sets of this device's chain were confirmed, also when no set after them says so yet. */
export function confirmedHere(
  { home }: OperationContext,
  destination: string,
): (set: Pick<SetInfo, 'chain' | 'set'>) => boolean {
  if (!existsSync(home.catalogue)) return () => false;
  const state = openState(home.catalogue);
  try {
    const known = state.catalogue(destination).chain();
    return ({ chain, set }) => chain === known?.chain && !known.alerts.includes(set);
  } finally {
    state.close();
  }
}
