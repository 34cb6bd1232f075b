/** WBXML as a tree, for small messages: what the reader and writer do, with the whole document as one value. */
import { ByteWriter } from '../../lib/binary.ts';
import { WbxmlError } from './errors.ts';
import { defaultWbxmlLimits, type WbxmlHeader, type WbxmlLimits, WbxmlReader } from './reader.ts';
import { vocabularies } from './vocabularies.ts';
import type { Tag, Vocabulary } from './vocabulary.ts';
import { WbxmlWriter } from './writer.ts';

export interface WbxmlElement {
  readonly kind: 'element';
  readonly tag: Tag;
  readonly children: readonly WbxmlNode[];
}

export type WbxmlNode =
  | WbxmlElement
  | { readonly kind: 'text'; readonly text: string }
  /** `bytes` is a view of the input; `offset` is where it began there (not used when written). */
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array; readonly offset: number };

export interface WbxmlDocument {
  readonly header: WbxmlHeader;
  readonly root: WbxmlElement;
}

export interface WbxmlTreeLimits extends WbxmlLimits {
  /** Elements, texts and opaque values together. */
  readonly nodes: number;
  /** Bytes of all texts together: a string of the string table counts each time. */
  readonly texts: number;
}

export const defaultWbxmlTreeLimits: WbxmlTreeLimits = {
  ...defaultWbxmlLimits,
  nodes: 100_000,
  texts: 4 * 1024 * 1024,
};

/** @throws WbxmlError when the bytes are not exactly one document within the limits */
export function decodeWbxml(
  bytes: Uint8Array,
  known: readonly Vocabulary[] = vocabularies,
  limits: WbxmlTreeLimits = defaultWbxmlTreeLimits,
): WbxmlDocument {
  const reader = new WbxmlReader(bytes, known, limits);
  const top: WbxmlNode[] = [];
  const open: WbxmlNode[][] = [];
  let here = top;
  let nodes = 0;
  let texts = 0;
  for (; reader.kind !== 'end'; reader.advance()) {
    if (reader.kind === 'close') {
      here = open.pop()!;
      continue;
    }
    if (++nodes > limits.nodes) throw new WbxmlError('ERR_WBXML_LIMIT', `more than ${limits.nodes} nodes`);
    if (reader.kind === 'open') {
      const children: WbxmlNode[] = [];
      here.push({ kind: 'element', tag: reader.tag, children });
      open.push(here);
      here = children;
    } else if (reader.kind === 'text') {
      texts += reader.value.length;
      if (texts > limits.texts)
        throw new WbxmlError('ERR_WBXML_LIMIT', `more than ${limits.texts} bytes of text`);
      here.push({ kind: 'text', text: reader.text() });
    } else {
      here.push({ kind: 'opaque', bytes: reader.value, offset: reader.offset });
    }
  }
  return { header: reader.header, root: top[0] as WbxmlElement };
}

/** @throws WbxmlError `ERR_WBXML_VALUE` when a part has no WBXML form, or elements lie too deep to be read again */
export function encodeWbxml(document: WbxmlDocument): Uint8Array {
  const out = new ByteWriter();
  const writer = new WbxmlWriter(out, document.header);
  const write = (node: WbxmlNode, depth: number): void => {
    if (depth > defaultWbxmlLimits.depth) throw new WbxmlError('ERR_WBXML_VALUE', 'elements too deep');
    if (node.kind === 'text') writer.text(node.text);
    else if (node.kind === 'opaque') {
      writer.opaque(node.bytes.length);
      out.raw(node.bytes);
    } else if (node.children.length === 0) writer.empty(node.tag);
    else {
      writer.open(node.tag);
      for (const child of node.children) write(child, depth + (child.kind === 'element' ? 1 : 0));
      writer.close();
    }
  };
  write(document.root, 1);
  return out.finish();
}
