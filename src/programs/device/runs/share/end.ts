/** Operation `shareEnd`: nothing is stored any more; what was read stays read (N11). */
import { endShare } from '../../../../backup/index.ts';
import { manifestName } from '../../../../set/index.ts';
import type { Handler } from '../../context.ts';
import { Lock } from '../../home/index.ts';
import { withWays } from '../../owner/index.ts';
import { standToShare } from '../../standing/index.ts';
import { DeletionRight } from '../deletion-right.ts';
import { forget, keep, nameOf, personOf, readBook, shareCalled } from './book.ts';
import { openPerson } from './people.ts';
import { type OpenedShare, openGiven } from './store.ts';

export const shareEnd: Handler<'shareEnd'> = async (context, params) => {
  using session = await openPerson(context, { though: true });
  const { home, signal, clock } = context;
  return await withWays(params.way ? [params.way] : [], async (ways) => {
    await using standing = await standToShare(context, ways);
    await using _ = await Lock.take(home, 'run', { task: 'ends a share', signal });
    const book = await readBook(home);
    const share = shareCalled(book, book.given, params.share);
    // At once, whatever becomes of the rest: from here on the server lets nobody read it.
    await session.company?.link.endShare(share.chain, signal);
    const right = ways.length > 0 || session.company ? new DeletionRight(standing, signal) : undefined;
    await using opened = await openGiven(context, standing, share, personOf(book, share.user)!, right?.grant);
    const { chain, expires } = share;
    const result = {
      ...{ share: chain, person: nameOf(book, share) },
      ...(expires !== undefined && { expires }),
    };
    let last = share.last;
    if (share.ended === undefined) {
      const ended = await endShare(opened.engine, opened.catalogue, chain);
      if (!ended) {
        await forget(home, share);
        return { ...result, deleted: 0 };
      }
      last = { counter: ended.counter, time: ended.time, hash: ended.hash };
      // From here on it is ended, whatever becomes of what lies there.
      await keep(home, { given: { ...share, last, ended: clock() } });
    }
    if (!right) return { ...result, deleted: 0, kept: 'no-way' as const };
    await right.fetch(opened.destination);
    if (!(await opened.area.mayRemove())) return { ...result, deleted: 0, kept: 'append-only' as const };
    const place = { device: session.keys.device, chain };
    const names = await namesBelow(
      opened,
      `${place.device}/${chain}/`,
      manifestPrefixOf(place, last?.counter ?? 0),
    );
    await right.renewing(opened.area, opened.destination).remove(names);
    return { ...result, deleted: names.length };
  });
};

/** The last manifest stays: it says that the share has ended. */
const manifestPrefixOf = (place: { device: string; chain: string }, counter: number): string =>
  manifestName(place, counter, '');

async function namesBelow({ engine }: OpenedShare, prefix: string, stays: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of engine.destination.list(prefix)) if (!name.startsWith(stays)) names.push(name);
  return names;
}
