/**
 * Phrase: 24 words that are a way in: written on paper, they bring everything back when the token is lost (U5). They
 * are 256 random bits as BIP-39 writes them in English; both keys follow from these bits alone.
 */
export * from './derive.ts';
export * from './file.ts';
export * from './words.ts';
