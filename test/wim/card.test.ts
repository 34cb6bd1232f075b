/** Ways in on a PIV card, by OpenSC and pcscd, as with a YubiKey: the card alone is virtual. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  adoptToken,
  changePin,
  identityOf,
  initToken,
  openTokenWayIn,
  type PinRequest,
  showTokens,
  unblockPin,
  type WayIn,
} from '../../src/custody/wim/index.ts';
import {
  type CardContent,
  makeCardKey,
  PIN,
  PUK,
  type Reader,
  readerMissing,
  startReader,
} from './kit/card/index.ts';
import { checkWayIn, sealedFor } from './kit/way-in.ts';

describe('a way in on a PIV card', { skip: readerMissing() ?? false }, () => {
  let reader: Reader;
  before(async () => {
    reader = await startReader();
  });
  after(() => reader?.[Symbol.asyncDispose]());
  const place = () => ({ module: reader.module });
  const pin = async (): Promise<string> => PIN;
  const both = (kind: 'ec' | 'rsa'): CardContent => ({
    '9c': makeCardKey(kind, 'signature'),
    '9d': makeCardKey(kind, 'decipher'),
  });
  /** A new card, adopted; it stays in. */
  async function adopted(name: string, kind: 'ec' | 'rsa' = 'ec'): Promise<WayIn> {
    await reader.insert(name, both(kind));
    return adoptToken(place(), name, pin);
  }

  for (const kind of ['ec', 'rsa'] as const)
    it(`${kind}: slots 9D and 9C are adopted; the card counts one operation for an envelope`, async () => {
      const way = await adopted(`${kind} card`, kind);
      await checkWayIn(way, () => reader.operations());
      await way.close();
      const asked: PinRequest['reason'][] = [];
      const again = await openTokenWayIn(place(), way.public, async ({ reason }) => {
        asked.push(reason);
        return PIN;
      });
      await checkWayIn(again, () => reader.operations());
      // 9C wants the PIN for each signature, 9D once.
      assert.deepEqual(asked, ['login', 'signature']);
      await again.close();
      await reader.remove();
    });

  it('what it shows without a PIN is enough to back up', async () => {
    const way = await adopted('shown');
    await way.close();
    const [token] = await showTokens(reader.module);
    const shown = token!.keys.map(({ part }) => part.thumbprint);
    assert(shown.includes(way.public.decipher.thumbprint) && shown.includes(way.public.signature.thumbprint));
    await reader.remove();
    await sealedFor(way.public);
  });

  it('removed in the middle of an operation: an error of its own, and it goes on when the card is back', async () => {
    const way = await adopted('moving');
    const sealed = await sealedFor(way.public);
    assert(await sealed.opens(identityOf(way)));
    await reader.vanish();
    await assert.rejects(sealed.opens(identityOf(way)), { code: 'ERR_TOKEN_REMOVED', kind: 'failed' });
    await assert.rejects(sealed.opens(identityOf(way)), { code: 'ERR_TOKEN_ABSENT', kind: 'no-key' });

    await reader.insert('a stranger', both('ec'));
    await assert.rejects(sealed.opens(identityOf(way)), { code: 'ERR_TOKEN_OTHER', kind: 'no-key' });
    await reader.remove();
    await reader.insert('moving');
    assert(await sealed.opens(identityOf(way)));
    await way.close();
    await reader.remove();
  });

  it('a wrong PIN says how many tries are left, the third locks, the PUK unlocks', async () => {
    const way = await adopted('locking');
    await way.close();
    const left: unknown[] = [];
    const open = async (value: string): Promise<void> => {
      const opened = await openTokenWayIn(place(), way.public, async ({ triesLeft }) => {
        left.push(triesLeft);
        return value;
      });
      await opened.close();
    };
    await assert.rejects(open('000000'), { code: 'ERR_PIN_WRONG', triesLeft: 'unknown' });
    await assert.rejects(open('000000'), {
      code: 'ERR_PIN_WRONG',
      triesLeft: 'one',
      message: /One more wrong try/,
    });
    await open(PIN);
    assert.deepEqual(left, [undefined, undefined, 'one'], 'the last try is told before the PIN is asked for');
    for (let i = 0; i < 2; i++) await assert.rejects(open('000000'), { code: 'ERR_PIN_WRONG' });
    await assert.rejects(open('000000'), { code: 'ERR_PIN_LOCKED', kind: 'no-key' });
    await assert.rejects(open(PIN), { code: 'ERR_PIN_LOCKED' }, 'the right one comes too late');

    await assert.rejects(unblockPin(place(), PUK, '654321'), {
      code: 'ERR_PIN_LOCKED',
      message: /opensc\.conf/,
    });
    process.env.OPENSC_CONF = reader.unblocking;
    await assert.rejects(unblockPin(place(), '00000000', '654321'), { code: 'ERR_PIN_WRONG' });
    await unblockPin(place(), PUK, '654321');
    await open('654321');
    delete process.env.OPENSC_CONF;
    await changePin(place(), '654321', PIN);
    await open(PIN);
    await reader.remove();
  });

  it('a card that cannot sign is refused, as is one without a key to open by', async () => {
    const { '9c': signature, '9d': decipher } = both('ec');
    await reader.insert('9D only', { '9d': decipher! });
    await assert.rejects(adoptToken(place(), 'x', pin), { code: 'ERR_TOKEN_CANNOT_SIGN', kind: 'usage' });
    await reader.remove();
    await reader.insert('9C only', { '9c': signature! });
    await assert.rejects(adoptToken(place(), 'x', pin), { code: 'ERR_TOKEN_KEY' });
    await reader.remove();
    await assert.rejects(adoptToken(place(), 'x', pin), { code: 'ERR_TOKEN_ABSENT' });
  });

  it('makes no keys by PKCS#11: the error leads to adopting', async () => {
    await reader.insert('empty', {});
    await assert.rejects(initToken(place(), 'x', pin), {
      code: 'ERR_TOKEN_CANNOT_MAKE',
      kind: 'usage',
      message: /9D and 9C.*adopt/,
    });
    await reader.remove();
  });
});
