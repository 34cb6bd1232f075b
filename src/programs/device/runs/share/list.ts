/** Operation `shareList`. Touches no network. */
import type { Handler } from '../../context.ts';
import { type Given, nameOf, readBook, type Taken } from './book.ts';
import { openPerson } from './people.ts';

export const shareList: Handler<'shareList'> = async (context) => {
  (await openPerson(context))[Symbol.dispose]();
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
      ...(share.ended !== undefined && { ended: share.ended }),
    })),
    taken: book.taken.map(row),
  };
};
