/** Operation `shareList`. Only on a device of a company the server is asked, for what colleagues offer. */
import type { ServerLink } from '../../channel/index.ts';
import { type Handler, notice, type OperationContext } from '../../context.ts';
import { type Book, type Given, nameOf, personOf, readBook, type Taken } from './book.ts';
import { openPerson } from './people.ts';

export const shareList: Handler<'shareList'> = async (context) => {
  using sharer = await openPerson(context, { though: true });
  const book = await readBook(context.home);
  const row = (share: Given | Taken) => ({
    ...{ share: share.chain, person: nameOf(book, share), area: share.area },
    ...(share.expires !== undefined && { expires: share.expires }),
    ...(share.last && { last: { counter: share.last.counter, time: share.last.time } }),
  });
  return {
    given: book.given.map((share) => ({
      ...row(share),
      databases: share.databases,
      ...(share.items && { items: share.items.length }),
      ...(share.fingerprint !== undefined && { fingerprint: share.fingerprint }),
      ...(share.device === undefined && { colleague: true as const }),
      ...(share.ended !== undefined && { ended: share.ended }),
    })),
    taken: book.taken.map(row),
    ...(sharer.company && { offered: await offered(context, sharer.company.link, book) }),
  };
};

/** What was not accepted yet. */
async function offered(context: OperationContext, link: ServerLink, { taken, people }: Book) {
  try {
    const { shares } = await link.offeredShares(context.signal);
    return shares
      .filter(({ chain, device }) => !taken.some((one) => one.chain === chain && one.device === device))
      .map(({ chain, from, created }) => ({
        ...{ share: chain, person: personOf({ people }, from.user)?.name ?? from.name, since: created },
      }));
  } catch (error) {
    const why = (error as Error).message;
    notice(context, 'OFFERS_UNKNOWN', `what colleagues offer is not known: ${why}`);
    return [];
  }
}
