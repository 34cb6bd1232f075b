import { splitKey } from '../set/index.ts';
import {
  chooseSet,
  missingChains,
  OpenedSet,
  ownChains,
  setInfo,
  setsDown,
  tryChain,
} from './chain/index.ts';
import type { EngineContext, Head } from './contract.ts';
import type { Freshness, ItemChoice, ItemRow, SetChoice, SetInfo } from './requests.ts';
import { chooseIndexes } from './restore/index.ts';

/** The sets of a device, or of all of the user's devices, oldest first within a chain. Each chain is checked. */
export const listSets = async (context: EngineContext, choice: { device?: string }): Promise<SetInfo[]> =>
  (await surveySets(context, choice)).sets;

/** As {@link listSets}, and the heads of chains that are known to be there and are not. */
export async function surveySets(
  context: EngineContext,
  choice: { device?: string },
): Promise<{ readonly sets: SetInfo[]; readonly missing: readonly Head[] }> {
  const sets: SetInfo[] = [];
  const chains = await ownChains(context, choice);
  let foreign: Error | undefined;
  for (const listed of chains) {
    const tried = await tryChain(context, listed);
    if (tried.kind === 'foreign') {
      foreign ??= tried.error;
      continue;
    }
    const checked = tried.chain;
    // What was confirmed since, the newest manifest no longer lists.
    const waiting = new Set(checked.newest.manifest.alerts);
    for (const { alert: _, ...info } of (await Array.fromAsync(setsDown(context, checked))).reverse())
      sets.push(waiting.has(info.set) ? { ...info, alert: true } : info);
  }
  if (sets.length === 0 && foreign) throw foreign;
  return { sets, missing: missingChains(context, chains, choice) };
}

/** The set that a choice means, and how fresh its chain is known to be. */
export async function findSet(
  context: EngineContext,
  choice: SetChoice,
): Promise<{ readonly set: SetInfo; readonly freshness: Freshness }> {
  const { chain, verified } = await chooseSet(context, choice);
  return { set: setInfo(verified), freshness: chain.freshness };
}

/** The items of a set, database by database, ascending by label and uid. */
export async function* listItems(
  context: EngineContext,
  choice: SetChoice & ItemChoice,
): AsyncGenerator<ItemRow> {
  const { verified } = await chooseSet(context, choice);
  const set = new OpenedSet(context, verified);
  const { indexes, locked } = await chooseIndexes(set, choice);
  if (locked[0]) throw locked[0].error;
  for (const index of indexes) {
    const { database, class: itemClass } = index.header;
    for await (const { entry } of index.items) {
      const { uid, title, type, time, size } = entry;
      const { label } = splitKey(entry.key);
      yield { database, class: itemClass, label, uid, title, type, time, size };
    }
  }
}
