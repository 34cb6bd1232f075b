/** Operation `shareCard`: what another person needs to share with this one. */
import { nodePlatform } from '../../../../platform/node.ts';
import { encodeCard, parseCard, personFingerprint } from '../../../../policy/owner/index.ts';
import type { Handler } from '../../context.ts';
import { openPerson } from './people.ts';

export const shareCard: Handler<'shareCard'> = async (context, { name }) => {
  using session = await openPerson(context);
  const { memory, keys } = session;
  const card = encodeCard({ name, device: keys.device, records: [...memory.records().values()] });
  parseCard(card); // a name that fits
  return { card, fingerprint: personFingerprint(nodePlatform, memory.known()!) };
};
