/** Operation `shareAccept`. */
import { areaUri, parseAreaUri } from '../../../../api/area/index.ts';
import { findSet } from '../../../../backup/index.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import { type Invitation, OwnerError, openInvitation } from '../../../../policy/owner/index.ts';
import type { Handler } from '../../context.ts';
import { DeviceError } from '../../errors.ts';
import { Lock } from '../../home/index.ts';
import { usedSet } from '../used-set.ts';
import { type Book, keep, personOf, readBook, recordOf, type Taken } from './book.ts';
import { introduced, openPerson } from './people.ts';
import { reach } from './reach.ts';

/** Again with a newer invitation: renews the access. Nothing is opened yet. */
export const shareAccept: Handler<'shareAccept'> = async (context, params) => {
  using session = await openPerson(context);
  const { home, signal } = context;
  await using _ = await Lock.take(home, 'run', { task: 'accepts a share', signal });
  const book = await readBook(home);
  const known = (user: string): Uint8Array | undefined => {
    const person = personOf(book, user);
    return person && recordOf(person);
  };
  const { invitation, sender } = await openInvitation(nodePlatform, params.invitation, known);
  const { user } = sender.record;
  if (user === session.memory.record().user)
    throw new DeviceError('ERR_USAGE', 'this invitation is your own; give it to the other person');
  if (invitation.to !== session.keys.device)
    throw new DeviceError(
      'ERR_NOT_YOURS',
      'this invitation is for another device; accept it there, or give the sender a card of this one: holdfast share card',
    );
  const { as, fingerprint } = params;
  const person = await introduced(context, book, { trusted: sender, name: invitation.name, as, fingerprint });
  await using reached = await reach(context, session, {
    ...{ person, taken: takenBy(book, user, invitation), ways: [] },
  });
  const { device, chain } = invitation;
  const { set } = await findSet(reached.engine, { device, chain });
  const last = { counter: set.counter, time: set.time, hash: set.hash };
  await keep(home, { person: reached.person, taken: { ...reached.taken, last } });
  return { share: chain, person: person.name, set: usedSet(set), expires: reached.taken.expires };
};

/** What was seen of it before stays known. @throws OwnerError when it is somebody else's share */
function takenBy(book: Book, user: string, invitation: Invitation): Taken {
  const { chain, device, read, owner, expires } = invitation;
  const area = areaUri({ ...parseAreaUri(invitation.area), place: '' });
  const before = book.taken.find((one) => one.chain === chain);
  if (before && (before.user !== user || before.device !== device))
    throw new OwnerError('ERR_INVITATION', 'The invitation names a share that somebody else has given.');
  if (before && before.expires > expires) return before;
  const known = before && before.area === area ? { shown: before.shown } : { shown: 0 };
  return {
    chain,
    user,
    device,
    area,
    read,
    owner,
    expires,
    ...known,
    ...(before?.last && { last: before.last }),
  };
}
