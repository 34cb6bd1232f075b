import { splitKey } from '../set/index.ts';
import { checkChain, chooseSet, downwards, OpenedSet, ownChains, setInfo } from './chain/index.ts';
import type { EngineContext } from './contract.ts';
import type { Freshness, ItemChoice, ItemRow, SetChoice, SetInfo } from './requests.ts';
import { chooseIndexes, chosenItems } from './restore/index.ts';

/**
 * The sets of a device, or of all of the user's devices, oldest first within a chain. Each chain is checked.
 */
export async function listSets(context: EngineContext, choice: { device?: string }): Promise<SetInfo[]> {
  const sets: SetInfo[] = [];
  for (const chain of await ownChains(context, choice)) {
    const checked = await checkChain(context, chain);
    // What was confirmed since, the newest manifest no longer lists.
    const waiting = new Set(checked.newest.manifest.alerts);
    for (const verified of (await Array.fromAsync(downwards(context, checked))).reverse()) {
      const { alert, ...info } = setInfo(verified);
      sets.push(alert && waiting.has(info.set) ? { ...info, alert } : info);
    }
  }
  return sets;
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
  for (const index of await chooseIndexes(set, choice)) {
    const { database, class: itemClass } = index.header;
    for await (const { entry } of chosenItems(index, choice)) {
      const { uid, title, type, time, size } = entry;
      const { label } = splitKey(entry.key);
      yield { database, class: itemClass, label, uid, title, type, time, size };
    }
  }
}
