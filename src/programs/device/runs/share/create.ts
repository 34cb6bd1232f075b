/** Operations `shareCreate` and `shareUpdate`: the items as they are now, sealed for somebody else too. */
import type { SharedResult } from '../../../../api/device/index.ts';
import type { ShareAccess } from '../../../../api/server/index.ts';
import type { WayIn } from '../../../../custody/wim/index.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import { newId } from '../../../../policy/message/index.ts';
import { edPublic, newestOfPerson, parseCard, personName } from '../../../../policy/owner/index.ts';
import type { Handler, OperationContext, Parsed } from '../../context.ts';
import { DeviceError } from '../../errors.ts';
import { Lock } from '../../home/index.ts';
import { withWays } from '../../owner/index.ts';
import { type Standing, standToShare } from '../../standing/index.ts';
import { limitLeftOut } from '../left-out.ts';
import {
  type Book,
  forget,
  type Given,
  keep,
  type Person,
  personOf,
  readBook,
  recordOf,
  shareCalled,
} from './book.ts';
import { colleague } from './directory.ts';
import { invite, readerOf } from './invite.ts';
import { introduced, openPerson, type Sharer } from './people.ts';
import { type Content, listed, plansFor, requireThere } from './plans.ts';
import { openGiven, storeShare } from './store.ts';

export const shareCreate: Handler<'shareCreate'> = async (context, params) => {
  using sharer = await openPerson(context);
  const sender = senderName(params.name);
  if (params.card !== undefined && !params.way)
    throw new DeviceError('ERR_USAGE', 'an invitation needs a way in that signs it; name one by --wim');
  return await withWays(params.way ? [params.way] : [], async (ways) => {
    await using standing = await standToShare(context, ways);
    await using _ = await Lock.take(context.home, 'run', { task: 'share', signal: context.signal });
    const book = await readBook(context.home);
    const { person, device } = await invited(context, sharer, book, params);
    if (person.user === standing.user)
      throw new DeviceError('ERR_USAGE', 'this is you; your devices share everything already');
    if (device !== undefined) readerOf(person, device);
    const share: Given = {
      chain: newId(nodePlatform),
      ...{ user: person.user, sender, area: areaFor(standing, params.to) },
      ...(device !== undefined && { device }),
      databases: [...new Set(params.databases)],
      ...(params.items && { items: [...new Set(params.items)] }),
    };
    return await stored(context, { sharer, standing, share, person, way: ways[0], begins: true });
  });
};

export const shareUpdate: Handler<'shareUpdate'> = async (context, params) => {
  using sharer = await openPerson(context);
  return await withWays(params.way ? [params.way] : [], async (ways) => {
    await using standing = await standToShare(context, ways);
    await using _ = await Lock.take(context.home, 'run', { task: 'share', signal: context.signal });
    const book = await readBook(context.home);
    const before = shareCalled(
      book,
      book.given.filter(({ ended }) => ended === undefined),
      params.share,
    );
    const { card } = params;
    const known = personOf(book, before.user)!;
    const now =
      card !== undefined
        ? await personOn(context, book, { card })
        : before.device === undefined && known.listed !== undefined
          ? { person: await colleague(context, sharer, book, { name: known.listed }), device: undefined }
          : undefined;
    if (now && now.person.user !== before.user)
      throw new DeviceError('ERR_USAGE', 'this is the card of somebody else than the share is for');
    const person = now?.person ?? known;
    const share = {
      ...before,
      ...(card !== undefined && now?.device !== undefined && { device: now.device }),
    };
    return await stored(context, { sharer, standing, share, person, way: ways[0], begins: false });
  });
};

interface Storing {
  readonly sharer: Sharer;
  readonly standing: Standing;
  readonly share: Given;
  readonly person: Person;
  readonly way: WayIn | undefined;
  readonly begins: boolean;
}

async function stored(context: OperationContext, storing: Storing): Promise<SharedResult> {
  const { sharer, standing, person, way, begins } = storing;
  const { home } = context;
  const chosen = await plansFor(context, standing.gate, storing.share);
  const { plans } = chosen;
  try {
    if (begins || sharer.company) {
      const there = await listed(chosen);
      if (begins) requireThere(there, chosen.leftOut(), storing.share.items);
    }
    const share = sharer.company ? withContent(storing.share, chosen.content()) : storing.share;
    // Before anything of it is stored: whatever breaks off now can be gone on with, and ended.
    await keep(home, { person, given: share });
    const access = await registered(context, storing, share);
    await using opened = await openGiven(context, standing, share, person);
    const report = await storeShare(opened, share, plans);
    const leftOut = [...chosen.leftOut(), ...report.leftOut];
    const { counter, time, hash } = report.set!;
    const after: Given = { ...share, last: { counter, time, hash } };
    await keep(home, { given: after });
    const { device } = after;
    const invitation =
      way && device !== undefined && (await invite(sharer, way, { ...after, device }, person, access));
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
      ...(person.by && { vouched: person.by }),
    };
  } finally {
    for (const { source } of plans) await source.close();
  }
}

/** The server lets the other side read, and no longer than it may; what has ever been in a share counts for that. */
async function registered(
  { home, signal }: OperationContext,
  { sharer: { company }, person, begins }: Storing,
  share: Given,
): Promise<ShareAccess | undefined> {
  if (!company) return undefined;
  const { chain, area, device, content = [] } = share;
  const to = device === undefined ? { user: share.user } : { key: edPublic(readerOf(person, device)) };
  try {
    return (await company.link.registerShare({ chain, area, to, content }, signal)).access;
  } catch (error) {
    if (begins) await forget(home, share);
    throw error;
  }
}

function withContent(share: Given, now: Content): Given {
  const all = new Map([...(share.content ?? []), ...now].map((one) => [JSON.stringify(one), one]));
  return { ...share, content: [...all.values()] };
}

/** By the directory of the server, or by a card. */
async function invited(
  context: OperationContext,
  sharer: Sharer,
  book: Book,
  { card, user: name, as, fingerprint }: Parsed<'shareCreate'>,
): Promise<{ person: Person; device?: string }> {
  if (name !== undefined)
    return { person: await colleague(context, sharer, book, { name, as, fingerprint }) };
  if (card === undefined) throw new DeviceError('ERR_USAGE', 'say whom it is for: by a card, or by name');
  return personOn(context, book, { card, as, fingerprint });
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
