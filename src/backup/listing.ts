import { splitKey } from '../set/index.ts';
import { checkChain, chooseSet, OpenedSet, ownChains, readManifest, setInfo } from './chain/index.ts';
import type { EngineContext } from './contract.ts';
import { BackupError } from './errors.ts';
import type { Freshness, ItemChoice, ItemRow, SetChoice, SetInfo } from './requests.ts';
import { chooseIndexes, chosenItems } from './restore/index.ts';

/**
 * The sets of a device, or of all of the user's devices, oldest first within a chain. Each chain is checked.
 */
export async function listSets(context: EngineContext, choice: { device?: string }): Promise<SetInfo[]> {
  const sets: SetInfo[] = [];
  for (const chain of await ownChains(context, choice)) {
    const { place, listed: ordered } = await checkChain(context, chain);
    let before: string | undefined;
    for (const one of ordered) {
      const verified = await readManifest(context, place, one.counter, one.set);
      if (before !== undefined && verified.manifest.prev !== before)
        throw new BackupError('ERR_FORKED', `chain ${place.chain}: manifest ${one.counter} does not follow`);
      before = verified.hash;
      sets.push(setInfo(verified));
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
