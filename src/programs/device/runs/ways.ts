/** Operation `ways`: the list of ways in changes, and what is stored is wrapped for it (U5, N4). */
import type { RewrappedArea } from '../../../api/device/index.ts';
import { type Catalogue, type EngineContext, type KeyHolder, rewrap } from '../../../backup/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import { BaseError } from '../../../lib/errors.ts';
import { edPublic, keyThumbprint } from '../../../policy/owner/index.ts';
import { openState } from '../../../state/index.ts';
import type { Handler, OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { Lock } from '../home/index.ts';
import { changeOwnWays } from '../own-keys/index.ts';
import {
  changeWays,
  deleteAllGrant,
  describeOwner,
  listsNewer,
  openOwner,
  withWays,
} from '../owner/index.ts';
import { isGoverned, type Standing, standAsOwner } from '../standing/index.ts';
import { DeletionRight } from './deletion-right.ts';
import { openEngine } from './open.ts';

export const ways: Handler<'ways'> = async (context, params) => {
  const { home, clock, signal, agent } = context;
  if (await isGoverned(context)) return changeOwnWays(context, params);
  (await openOwner(home, clock))[Symbol.dispose](); // before anything is asked of a way in
  await using _ = await Lock.take(home, 'run', { task: 'changes the ways in', signal });
  const { add, remove, alone } = params;
  return await withWays([params.way, ...(add ? [add] : [])], async (opened) => {
    const [way, added] = opened as [WayIn, WayIn?];
    const { removed, changed, renew } = await changeWays(context, { way, added, remove, alone });
    agent?.wake();
    using session = await openOwner(home, clock);
    const record = session.memory.record();
    await using standing = await standAsOwner(context, opened);
    const areas: RewrappedArea[] = [];
    for (const { area } of session.memory.grants()) {
      const grantee = {
        user: record.user,
        device: session.keys.device,
        jwk: edPublic(session.keys.signingKey),
      };
      const deletion = async (uri: string) => ({ grant: await deleteAllGrant(way, grantee, uri, clock()) });
      areas.push(await rewrapArea(context, standing, { uri: area, version: record.version, deletion }));
    }
    return {
      owner: await describeOwner(record, session.keys.device),
      ...{ changed, renew, areas },
      ...(removed && { removed: { id: await keyThumbprint(removed.signature), name: removed.name } }),
      complete: areas.every(({ left }) => left.length === 0),
    };
  });
};

interface InArea {
  readonly uri: string;
  /** Of the owner record. */
  readonly version: number;
  readonly deletion: Standing['deletion'];
}

/** An area that goes away keeps nobody from the others. */
async function rewrapArea(
  context: OperationContext,
  standing: Standing,
  area: InArea,
): Promise<RewrappedArea> {
  try {
    return await wrapAnew(context, standing, area);
  } catch (error) {
    if (!(error instanceof BaseError) || error.kind === 'interrupted' || context.signal.aborted) throw error;
    const { code, message } = error;
    const left = [{ what: area.uri, code, reason: message }];
    return { uri: area.uri, envelopes: 0, rewrapped: 0, removed: 0, kept: 0, left };
  }
}

async function wrapAnew(
  context: OperationContext,
  standing: Standing,
  { uri, version, deletion }: InArea,
): Promise<RewrappedArea> {
  const right = new DeletionRight({ clock: standing.clock, deletion }, context.signal);
  const { engine, destination, area, close } = await openEngine(context, standing, uri, right.grant);
  if (!area) throw new Error(`${destination} is not a storage area`);
  const state = openState(context.home.catalogue);
  const catalogue = state.catalogue(destination);
  try {
    const wrapping = { ...engine, destination: right.renewing(area, destination) };
    const report = await rewrapAndTell(standing, wrapping, catalogue, {
      recipients: recipientsBy(engine.keys),
      async stillSo() {
        if (!(await listsNewer(area, version))) return;
        const message = 'the ways in were changed on another device meanwhile; run this again';
        throw new DeviceError('ERR_BUSY', message);
      },
      async mayRemove() {
        await right.fetch(destination);
        return area.mayRemove();
      },
    });
    const { envelopes, rewrapped, removed, kept } = report;
    const left = [
      ...report.left.map(({ envelope, error }) => ({ what: `envelope ${envelope}`, error })),
      ...report.unread.map(({ chain, error }) => ({ what: `chain ${chain}`, error })),
    ].map(({ what, error: { code, message } }) => ({ what, code, reason: message }));
    return { uri, envelopes, rewrapped, removed, kept, left };
  } finally {
    state.close();
    await close();
  }
}

/** What is the company's, or the company's side, stays as it is. */
const recipientsBy =
  (keys: KeyHolder): Parameters<typeof rewrap>[1]['recipients'] =>
  ({ custody, side }) => {
    if (custody === 'company' || side === 'company') return undefined;
    const use = { database: '', class: 'personal', encrypt: 'user', custody } as const;
    return keys.recipients({ ...use, ...(side && { side }) });
  };

/** Also when it breaks off: from the first manifest on the chain has a new head. */
async function rewrapAndTell(
  standing: Standing,
  engine: EngineContext,
  catalogue: Catalogue,
  request: Omit<Parameters<typeof rewrap>[1], 'catalogue'>,
) {
  const before = catalogue.chain()?.last.set;
  try {
    return await rewrap(engine, { ...request, catalogue });
  } finally {
    const { chain, last } = catalogue.chain() ?? {};
    if (chain && last && last.set !== before) {
      const { counter, hash, time } = last;
      const { area } = engine.destination;
      await standing.tell({ chain, counter, hash, time, ...(area !== undefined && { area }) });
    }
  }
}
