/** Operations `shareCreate` and `shareUpdate`: the items as they are now, sealed for somebody else too. */
import type { SharedResult } from '../../../../api/device/index.ts';
import type { WayIn } from '../../../../custody/wim/index.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import { newId } from '../../../../policy/message/index.ts';
import { newestOfPerson, parseCard, personName } from '../../../../policy/owner/index.ts';
import type { Handler, OperationContext } from '../../context.ts';
import { DeviceError } from '../../errors.ts';
import { Lock } from '../../home/index.ts';
import { type OwnerSession, withWays } from '../../owner/index.ts';
import { type Standing, standAsOwner } from '../../standing/index.ts';
import { limitLeftOut } from '../left-out.ts';
import {
  type Book,
  type Given,
  keep,
  type Person,
  personOf,
  readBook,
  recordOf,
  shareCalled,
} from './book.ts';
import { invite, readerOf } from './invite.ts';
import { introduced, openPerson } from './people.ts';
import { plansFor, requireThere } from './plans.ts';
import { openGiven, storeShare } from './store.ts';

export const shareCreate: Handler<'shareCreate'> = async (context, params) => {
  using session = await openPerson(context);
  const sender = senderName(params.name);
  return await withWays([params.way], async (ways) => {
    await using standing = await standAsOwner(context, ways);
    await using _ = await Lock.take(context.home, 'run', { task: 'share', signal: context.signal });
    const book = await readBook(context.home);
    const { person, device } = await personOn(context, book, params);
    if (person.user === standing.user)
      throw new DeviceError('ERR_USAGE', 'this card is your own; your devices share everything already');
    readerOf(person, device);
    const share: Given = {
      chain: newId(nodePlatform),
      ...{ user: person.user, device, sender, area: areaFor(standing, params.to) },
      databases: [...new Set(params.databases)],
      ...(params.items && { items: [...new Set(params.items)] }),
    };
    return await stored(context, { session, standing, share, person, way: ways[0], begins: true });
  });
};

export const shareUpdate: Handler<'shareUpdate'> = async (context, params) => {
  using session = await openPerson(context);
  return await withWays(params.way ? [params.way] : [], async (ways) => {
    await using standing = await standAsOwner(context, ways);
    await using _ = await Lock.take(context.home, 'run', { task: 'share', signal: context.signal });
    const book = await readBook(context.home);
    const before = shareCalled(
      book,
      book.given.filter(({ ended }) => ended === undefined),
      params.share,
    );
    const { card } = params;
    const now = card === undefined ? undefined : await personOn(context, book, { card });
    if (now && now.person.user !== before.user)
      throw new DeviceError('ERR_USAGE', 'this is the card of somebody else than the share is for');
    const person = now?.person ?? personOf(book, before.user)!;
    const share = { ...before, ...(now && { device: now.device }) };
    return await stored(context, { session, standing, share, person, way: ways[0], begins: false });
  });
};

interface Storing {
  readonly session: OwnerSession;
  readonly standing: Standing;
  readonly share: Given;
  readonly person: Person;
  readonly way: WayIn | undefined;
  readonly begins: boolean;
}

async function stored(context: OperationContext, storing: Storing): Promise<SharedResult> {
  const { session, standing, share, person, way, begins } = storing;
  const { home } = context;
  const chosen = await plansFor(context, standing.gate, share);
  const { plans } = chosen;
  try {
    if (begins) await requireThere(chosen, share.items);
    // Before anything of it is stored: whatever breaks off now can be gone on with, and ended.
    await keep(home, { person, given: share });
    await using opened = await openGiven(context, standing, share, person);
    const report = await storeShare(opened, share, plans);
    const leftOut = [...chosen.leftOut(), ...report.leftOut];
    const { counter, time, hash } = report.set!;
    const after: Given = { ...share, last: { counter, time, hash } };
    await keep(home, { given: after });
    const invitation = way && (await invite(session, way, after, person));
    if (invitation) {
      const { expires, fingerprint } = invitation;
      await keep(home, { given: { ...after, expires, fingerprint } });
    }
    return {
      ...{ share: share.chain, person: person.name, set: { counter, time } },
      databases: [...report.databases],
      ...limitLeftOut(leftOut),
      complete: leftOut.length === 0,
      ...(invitation && { invitation }),
    };
  } finally {
    for (const { source } of plans) await source.close();
  }
}

/** Whose card it is, and which of their devices it names. */
async function personOn(
  context: OperationContext,
  book: Book,
  params: {
    readonly card: string;
    readonly as?: string | undefined;
    readonly fingerprint?: string | undefined;
  },
): Promise<{ person: Person; device: string }> {
  const { name, device, records } = parseCard(params.card);
  const { record } = await newestOfPerson(nodePlatform, records);
  const known = personOf(book, record.user);
  const trusted = await newestOfPerson(nodePlatform, records, known && recordOf(known));
  const { as, fingerprint } = params;
  return { person: await introduced(context, book, { trusted, name, as, fingerprint }), device };
}

/** As this device writes it. @throws DeviceError `ERR_USAGE`, `ERR_NO_GRANT` */
function areaFor({ gate, access, areaMissing }: Standing, to: string | undefined): string {
  const named = to ?? gate.rules.destinations[0]?.area;
  if (named === undefined) throw new DeviceError('ERR_USAGE', areaMissing);
  const area = access(named)?.area;
  if (area === undefined) throw new DeviceError('ERR_NO_GRANT', `this device has no access to ${named}`);
  return area;
}

function senderName(name: string): string {
  try {
    return personName(name);
  } catch (cause) {
    throw new DeviceError('ERR_USAGE', `"${name}" cannot be the name of a person; choose another by --name`, {
      cause,
    });
  }
}
