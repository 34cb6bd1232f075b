import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { WimError } from '../errors.ts';

const WORDS = 24;

/** @param entropy 32 random bytes */
export function phraseOf(entropy: Uint8Array): string {
  if (entropy.length !== 32) throw new RangeError('a phrase is made of 32 bytes');
  return entropyToMnemonic(entropy, wordlist);
}

/**
 * The 32 bytes of a phrase as somebody typed it: letters of either case, any space between the words.
 * @throws WimError `ERR_PHRASE`; it never quotes a word
 */
export function entropyOf(typed: string): Uint8Array {
  const words = wordsOf(typed);
  if (words.length !== WORDS)
    throw new WimError('ERR_PHRASE', `A recovery phrase has ${WORDS} words; these are ${words.length}.`);
  const unknown = words.flatMap((word, i) => (wordlist.includes(word) ? [] : [i + 1]));
  if (unknown.length > 0)
    throw new WimError(
      'ERR_PHRASE',
      `Not in the list of words (BIP-39, English): word ${unknown.join(', ')}.`,
    );
  try {
    return mnemonicToEntropy(words.join(' '), wordlist);
  } catch {
    throw new WimError('ERR_PHRASE', 'These words are no recovery phrase: one is wrong, or two are swapped.');
  }
}

/** Whether a phrase that was asked back is the one that was shown. */
export const isSamePhrase = (shown: string, typed: string): boolean =>
  wordsOf(shown).join(' ') === wordsOf(typed).join(' ');

const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .split(/[^\p{L}\p{M}]+/u)
    .filter((word) => word !== '');
