import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromHex, toHex } from '../../../lib/bytes.ts';
import { nodePlatform as platform } from '../../../platform/node.ts';
import { entropyOf, isSamePhrase, phraseOf, scalarsOf, wayInFromPhrase } from './index.ts';

interface Vector {
  readonly entropy: string;
  readonly phrase: string;
  readonly decipher: { readonly scalar: string; readonly jwk: object; readonly thumbprint: string };
  readonly signature: { readonly scalar: string; readonly jwk: object; readonly thumbprint: string };
}

const file = join(import.meta.dirname, '../../../../test/vectors/holdfast/phrase.json');
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };

test('words and both keys follow from the entropy as in the vectors', async () => {
  assert.equal(vectors.length, 5);
  for (const { entropy, phrase, decipher, signature } of vectors) {
    assert.equal(phraseOf(fromHex(entropy)), phrase);
    assert.equal(toHex(entropyOf(phrase)), entropy);
    const scalars = scalarsOf(fromHex(entropy));
    assert.deepEqual(
      [toHex(scalars.decipher), toHex(scalars.signature)],
      [decipher.scalar, signature.scalar],
    );
    const way = await wayInFromPhrase(phrase);
    const { scalar: _, ...theDecipher } = decipher;
    const { scalar: __, ...theSignature } = signature;
    assert.deepEqual([way.public.decipher, way.public.signature], [theDecipher, theSignature]);
    assert.equal(way.public.kind, 'phrase');
  }
});

test('a phrase is read as people write it down', () => {
  const phrase = phraseOf(platform.random(32));
  const words = phrase.split(' ');
  for (const typed of [
    phrase.toUpperCase(),
    `  ${words.join('\n')}\n`,
    words.map((word, i) => `${i + 1}. ${word}`).join('\r\n'),
    words.join(', '),
  ]) {
    assert.equal(toHex(entropyOf(typed)), toHex(entropyOf(phrase)));
    assert(isSamePhrase(phrase, typed));
  }
  assert(!isSamePhrase(phrase, words.toReversed().join(' ')));
});

test('what is no phrase is refused, and not quoted', () => {
  const words = vectors[3]!.phrase.split(' ');
  const says = (message: RegExp) => (error: Error & { code?: string }) =>
    error.code === 'ERR_PHRASE' && message.test(error.message) && !error.message.includes('hordfast');
  assert.throws(() => entropyOf(words.slice(1).join(' ')), says(/24 words; these are 23/));
  assert.throws(() => entropyOf(words.with(4, 'hordfast').with(9, 'x').join(' ')), says(/word 5, 10\./));
  const [a, b] = [words[0]!, words[1]!];
  assert.throws(() => entropyOf(words.with(0, b).with(1, a).join(' ')), says(/swapped/));
  assert.throws(() => entropyOf(''), says(/these are 0/));
});
