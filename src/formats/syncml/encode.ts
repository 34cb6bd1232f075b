/**
 * Encodes a document. Everything but the frames (the *glue*) is small and written first, with a mark where each
 * frame goes; then the exact length is known, and each frame is copied once, or not at all.
 */
import { ByteWriter } from '../../lib/binary.ts';
import { unreachable } from '../../lib/errors.ts';
import { checkDocument, type Document, type DocumentEncoding, MAX_DOCUMENT } from './document.ts';
import { DocumentError } from './errors.ts';
import { writeMessage } from './message.ts';
import { writePlain } from './plain.ts';
import { storedFrameLength } from './stored-frame.ts';
import { WbxmlSink } from './wbxml-form.ts';
import { XmlSink } from './xml-form.ts';

export interface EncodedDocument {
  readonly bytes: Uint8Array;
  /** Offset of each frame's first byte (in the XML encodings: first base64 character). */
  readonly offsets: readonly number[];
}

/**
 * The same document always gives the same bytes.
 *
 * @example
 * ```ts
 * const { bytes, offsets } = encodeDocument({ ...segment, target: 'https://…', source: device }, 'wbxml');
 * ```
 * @throws DocumentError `ERR_DOCUMENT_VALUE`
 */
export function encodeDocument(document: Document, encoding: DocumentEncoding): EncodedDocument {
  const { glue, marks, offsets, size } = layOut(document, encoding);
  const bytes = new Uint8Array(size);
  let written = 0;
  for (let i = 0; i < marks.length; i++) {
    const offset = offsets[i]!;
    bytes.set(glue.subarray(written, marks[i]), offset - (marks[i]! - written));
    putFrame(bytes, offset, document.frames[i]!, encoding);
    written = marks[i]!;
  }
  bytes.set(glue.subarray(written), size - (glue.length - written));
  return { bytes, offsets };
}

/**
 * The `wbxml` encoding as parts to be written one behind the other; the frames in it are the document's own, not
 * copies.
 *
 * @throws DocumentError `ERR_DOCUMENT_VALUE`
 */
export function encodeDocumentParts(document: Document): {
  readonly parts: readonly Uint8Array[];
  readonly offsets: readonly number[];
  /** Length of all parts together. */
  readonly size: number;
} {
  const { glue, marks, offsets, size } = layOut(document, 'wbxml');
  const parts: Uint8Array[] = [];
  let written = 0;
  for (let i = 0; i < marks.length; i++) {
    parts.push(glue.subarray(written, marks[i]), document.frames[i]!);
    written = marks[i]!;
  }
  parts.push(glue.subarray(written));
  return { parts, offsets, size };
}

interface Layout {
  readonly glue: Uint8Array;
  /** Where in the glue each frame goes. */
  readonly marks: readonly number[];
  /** Where in the document each frame goes. */
  readonly offsets: readonly number[];
  readonly size: number;
}

function layOut(document: Document, encoding: DocumentEncoding): Layout {
  checkDocument(document);
  const marks: number[] = [];
  const out = new ByteWriter(1024 + document.frames.length * 24);
  writeGlue(out, () => marks.push(out.length), document, encoding);
  const offsets: number[] = [];
  let frames = 0;
  for (let i = 0; i < marks.length; i++) {
    offsets.push(marks[i]! + frames);
    frames += storedFrameLength(encoding, document.frames[i]!.length);
  }
  const size = out.length + frames;
  if (size > MAX_DOCUMENT)
    throw new DocumentError('ERR_DOCUMENT_VALUE', `${size} bytes are above the limit of ${MAX_DOCUMENT}`);
  return { glue: out.view(), marks, offsets, size };
}

function writeGlue(out: ByteWriter, mark: () => void, document: Document, encoding: DocumentEncoding): void {
  switch (encoding) {
    case 'wbxml':
      writeMessage(new WbxmlSink(out, mark), document, 'bin');
      break;
    case 'syncml-xml':
      writeMessage(new XmlSink(out, mark), document, 'b64');
      break;
    case 'xml':
      writePlain(new XmlSink(out, mark), document);
      break;
    default:
      unreachable(encoding);
  }
}

function putFrame(bytes: Uint8Array, offset: number, frame: Uint8Array, encoding: DocumentEncoding): void {
  if (encoding === 'wbxml') bytes.set(frame, offset);
  else encoder.encodeInto(frame.toBase64(), bytes.subarray(offset));
}

const encoder = new TextEncoder();
