import type { WayParams } from '../../../api/device/index.ts';
import type { Identity } from '../../../crypto/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import {
  decipherKey,
  type PublicWay,
  type SignatureKey,
  signatureKey,
  type WaySigner,
} from '../../../policy/owner/index.ts';

/** Opens a way in: the file with its passphrase, the phrase, or the token with its PIN. To be closed. @throws WimError */
export async function openWay(way: WayParams): Promise<WayIn> {
  // Loaded here: a backup needs none of it.
  const wim = await import('../../../custody/wim/index.ts');
  switch (way.kind) {
    case 'software':
      return wim.openSoftwareWim(way.path, way.passphrase);
    case 'token': {
      const { module, token, pin } = way;
      const place = { module, ...(token !== undefined && { token }) };
      return wim.openTokenWayIn(place, await wim.readPublicPart(way.part), async () => pin);
    }
    case 'phrase':
      return wim.wayInFromPhrase(way.words);
  }
}

/** Works with ways in, and closes them whatever happens. */
export async function withWays<T>(
  params: readonly WayParams[],
  work: (ways: readonly WayIn[]) => Promise<T>,
): Promise<T> {
  const ways: WayIn[] = [];
  try {
    for (const one of params) ways.push(await openWay(one)); // one after the other: each may ask its owner
    return await work(ways);
  } finally {
    for (const way of ways) await way.close();
  }
}

/** As the engine opens envelopes with them. */
export async function identitiesOf(ways: readonly WayIn[]): Promise<readonly Identity[]> {
  if (ways.length === 0) return [];
  const { identityOf } = await import('../../../custody/wim/index.ts');
  return ways.map(identityOf);
}

/** As the owner record lists it. */
export const publicWay = ({ public: { kind, name, decipher, signature } }: WayIn): PublicWay => ({
  kind,
  name,
  decipher: decipherKey(decipher.jwk),
  signature: signatureKey(signature.jwk),
});

export const signatureKeyOf = (way: WayIn): SignatureKey => publicWay(way).signature;

export const signerOf =
  (way: WayIn): WaySigner =>
  (typ, payload) =>
    way.sign(payload, typ);
