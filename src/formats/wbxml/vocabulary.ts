/** Vocabulary: which tag a token stands for, page by page. Data in, look-up tables out. */
import { WbxmlError } from './errors.ts';

/** An element type. One object per tag and vocabulary: compare with `===`. */
export interface Tag {
  readonly name: string;
  /** XML namespace of its code page. */
  readonly namespace: string;
  readonly page: number;
  /** Identity in its page, 0x05 to 0x3f, without the content and attribute bits. */
  readonly token: number;
}

export interface Vocabulary {
  /** Formal public identifier, e.g. `-//SYNCML//DTD SyncML 1.2//EN`. */
  readonly formalId: string;
  /** The number that WBXML knows the vocabulary by. */
  readonly publicId: number;
  /** Tags by page and token. */
  readonly pages: readonly (readonly (Tag | undefined)[])[];
}

export interface PageNames {
  readonly namespace: string;
  /** Names of the tokens from 0x05 on; `undefined` = reserved. */
  readonly names: readonly (string | undefined)[];
}

/** Tokens below are global: SWITCH_PAGE, END, ENTITY, STR_I, LITERAL (WAP-192 §7.1). */
const FIRST_TAG = 0x05;

export function defineVocabulary(
  formalId: string,
  publicId: number,
  pages: readonly PageNames[],
): Vocabulary {
  return {
    formalId,
    publicId,
    pages: pages.map(({ namespace, names }, page) => {
      const tags: (Tag | undefined)[] = new Array(FIRST_TAG).fill(undefined);
      for (const name of names)
        tags.push(name === undefined ? undefined : { name, namespace, page, token: tags.length });
      return tags;
    }),
  };
}

/** The tag with this name in a namespace of the vocabulary. @throws WbxmlError `ERR_WBXML_UNKNOWN_TAG` */
export function tagNamed(vocabulary: Vocabulary, namespace: string, name: string): Tag {
  for (const page of vocabulary.pages)
    for (const tag of page) if (tag?.name === name && tag.namespace === namespace) return tag;
  throw new WbxmlError('ERR_WBXML_UNKNOWN_TAG', `no tag ${name} (${namespace}) in ${vocabulary.formalId}`);
}
