/** What every way in has to do, whatever it is made of. */
import assert from 'node:assert/strict';
import { type Identity, openEnvelope, sealEnvelope } from '../../../src/crypto/index.ts';
import {
  identityOf,
  type PublicWayIn,
  parsePublicWayIn,
  phraseOf,
  publicWayInJson,
  recipientOf,
  verifyByWayIn,
  type WayIn,
  wayInFromPhrase,
} from '../../../src/custody/wim/index.ts';
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../../src/lib/bytes.ts';
import { nodePlatform as platform } from '../../../src/platform/node.ts';

const id = (): string => toBase64Url(platform.random(16));

export interface Sealed {
  readonly bytes: Uint8Array;
  /** @returns true when it held what was put in; rejects otherwise */
  opens(identity: Identity, bytes?: Uint8Array): Promise<boolean>;
}

/** An envelope for these, as a backup makes it: from public parts that went through a file. */
export async function sealedFor(...parts: readonly PublicWayIn[]): Promise<Sealed> {
  const place = { chain: id(), keyring: id(), number: 0, custody: 'user' } as const;
  const keys = [1, 2, 3].map(() => ({ database: id(), key: platform.random(32) }));
  const read = parts.map((part) =>
    parsePublicWayIn(JSON.parse(JSON.stringify(publicWayInJson(part))), part.name),
  );
  const recipients = (await Promise.all(read)).map(recipientOf);
  const bytes = await sealEnvelope(platform, place, keys, recipients);
  return {
    bytes,
    async opens(identity, other = bytes) {
      const opened = await openEnvelope(platform, other, place, new Map(), [identity]);
      assert.deepEqual(opened, new Map(keys.map(({ database, key }) => [database, key])));
      return true;
    },
  };
}

/** The same envelope with the wrapped key of this recipient altered. */
export function withAlteredKey(sealed: Sealed, index = 0): Uint8Array {
  const json = JSON.parse(fromUtf8(sealed.bytes));
  const wrapped = fromBase64Url(json.recipients[index].encrypted_key);
  wrapped[wrapped.length - 1]! ^= 1;
  json.recipients[index].encrypted_key = toBase64Url(wrapped);
  return utf8(JSON.stringify(json));
}

/**
 * Opens by one operation each, alone and among others, and signs.
 * @param operations private-key operations so far, counted by whoever does them
 */
export async function checkWayIn(
  way: WayIn,
  operations: () => number | Promise<number> = () => way.operations,
): Promise<void> {
  const other = await wayInFromPhrase(phraseOf(platform.random(32)));
  const alone = await sealedFor(way.public);
  const among = await sealedFor(other.public, way.public);
  for (const sealed of [alone, among]) {
    const before = await operations();
    assert(await sealed.opens(identityOf(way)));
    assert.equal((await operations()) - before, 1, 'one operation for an envelope');
  }
  assert(await among.opens(identityOf(other)));
  await assert.rejects(alone.opens(identityOf(other)), { code: 'ERR_NO_KEY' });
  const altered = { code: 'ERR_NOT_AUTHENTIC' };
  await assert.rejects(alone.opens(identityOf(way), withAlteredKey(alone)), altered);
  assert(await alone.opens(identityOf(way)), 'it still works');

  const before = await operations();
  const jws = await way.sign(utf8('{"v":1}'), 'holdfast-owner+jws');
  assert.equal((await operations()) - before, 1);
  const verify = (typ: string, part: PublicWayIn) => verifyByWayIn(jws, part.signature, typ, 'it');
  assert.deepEqual(await verify('holdfast-owner+jws', way.public), utf8('{"v":1}'));
  await assert.rejects(verify('holdfast-grant+jwt', way.public), altered);
  await assert.rejects(verify('holdfast-owner+jws', other.public), altered);
}
