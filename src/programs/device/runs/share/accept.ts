/** Operation `shareAccept`. */
import { areaUri, parseAreaUri } from '../../../../api/area/index.ts';
import { findSet } from '../../../../backup/index.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import { OwnerError, openInvitation } from '../../../../policy/owner/index.ts';
import type { Handler, OperationContext, Parsed } from '../../context.ts';
import { DeviceError } from '../../errors.ts';
import { Lock } from '../../home/index.ts';
import { usedSet } from '../used-set.ts';
import { type Book, keep, type Person, personOf, readBook, recordOf, type Taken } from './book.ts';
import { colleague } from './directory.ts';
import { introduced, openPerson, type Sharer } from './people.ts';
import { reach } from './reach.ts';

/** Again with a newer invitation: renews the access. Nothing is opened yet. */
export const shareAccept: Handler<'shareAccept'> = async (context, params) => {
  using session = await openPerson(context);
  const { home, signal } = context;
  await using _ = await Lock.take(home, 'run', { task: 'accepts a share', signal });
  const book = await readBook(home);
  const { invitation } = params;
  const { person, share } =
    invitation === undefined
      ? await offeredBy(context, session, book, params)
      : await invitedBy(context, session, book, { ...params, invitation });
  await using reached = await reach(context, session, { person, taken: share, ways: [] });
  const { device, chain } = share;
  const { set } = await findSet(reached.engine, { device, chain });
  const last = { counter: set.counter, time: set.time, hash: set.hash };
  await keep(home, { person: reached.person, taken: { ...reached.taken, last } });
  const { expires } = reached.taken;
  return {
    ...{ share: chain, person: person.name, set: usedSet(set) },
    ...(expires !== undefined && { expires }),
    ...(person.by && { vouched: person.by }),
  };
};

interface Accepted {
  readonly person: Person;
  readonly share: Taken;
}

/** By a text that a way in of the sender's has signed. */
async function invitedBy(
  context: OperationContext,
  session: Sharer,
  book: Book,
  { invitation: text, as, fingerprint }: Parsed<'shareAccept'> & { readonly invitation: string },
): Promise<Accepted> {
  const known = (user: string): Uint8Array | undefined => {
    const person = personOf(book, user);
    return person && recordOf(person);
  };
  const { invitation, sender } = await openInvitation(nodePlatform, text, known);
  const { user } = sender.record;
  if (user === session.memory.record().user)
    throw new DeviceError('ERR_USAGE', 'this invitation is your own; give it to the other person');
  if (invitation.to !== session.keys.device)
    throw new DeviceError(
      'ERR_NOT_YOURS',
      'this invitation is for another device; accept it there, or give the sender a card of this one: holdfast share card',
    );
  const { name, area, device, chain, read, owner, expires } = invitation;
  const person = await introduced(context, book, { trusted: sender, name, as, fingerprint });
  const before = takenBefore(book, { user, device, chain, area });
  if (before?.expires !== undefined && before.expires > expires) return { person, share: before };
  return { person, share: { ...seenOf(before, { user, device, chain, area }), read, owner, expires } };
}

/** By a colleague, as the server says. @throws DeviceError `ERR_WHICH`, and of the directory */
async function offeredBy(
  context: OperationContext,
  session: Sharer,
  book: Book,
  { offer, as, fingerprint }: Parsed<'shareAccept'>,
): Promise<Accepted> {
  const { company } = session;
  if (!company || offer === undefined)
    throw new DeviceError('ERR_USAGE', 'say what is to be accepted: a file with an invitation');
  const { shares } = await company.link.offeredShares(context.signal);
  const called = shares.filter(
    ({ chain, from }) => chain === offer || from.name === offer || personOf(book, from.user)?.name === offer,
  );
  const [one, ...more] = called;
  if (!one || more.length > 0) {
    const those = (one ? called : shares).map(({ chain, from }) => `${chain} (${from.name})`);
    const what = one ? `several shares go by "${offer}"` : `nobody shares "${offer}" with you`;
    throw new DeviceError('ERR_WHICH', `${what}; there are: ${those.join(', ') || 'none'}`);
  }
  const { chain, device, area, from } = one;
  const person = await colleague(context, session, book, { name: from.name, as, fingerprint });
  if (person.user !== from.user)
    throw new OwnerError('ERR_INVITATION', 'The server names another sender than its directory has.');
  const place = { user: person.user, device, chain, area };
  return { person, share: seenOf(takenBefore(book, place), place) };
}

type Place = Pick<Taken, 'user' | 'device' | 'chain' | 'area'>;

/** @throws OwnerError when it is somebody else's share */
function takenBefore(book: Book, { chain, user, device }: Place): Taken | undefined {
  const before = book.taken.find((one) => one.chain === chain);
  if (before && (before.user !== user || before.device !== device))
    throw new OwnerError('ERR_INVITATION', 'The invitation names a share that somebody else has given.');
  return before;
}

/** What was seen of it before stays known. */
function seenOf(before: Taken | undefined, { chain, user, device, area: uri }: Place): Taken {
  const area = areaUri({ ...parseAreaUri(uri), place: '' });
  const shown = before && before.area === area ? before.shown : 0;
  return { chain, user, device, area, shown, ...(before?.last && { last: before.last }) };
}
