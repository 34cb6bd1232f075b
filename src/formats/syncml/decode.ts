/** Decodes a document: what it is is seen from its first byte and its root. */
import { WbxmlError } from '../wbxml/index.ts';
import { type DecodedDocument, MAX_DOCUMENT } from './document.ts';
import { DocumentError } from './errors.ts';
import { limit, malformed } from './fields.ts';
import { messageRoot, readMessage } from './message.ts';
import { plainRoot, readPlain } from './plain.ts';
import { WbxmlCursor } from './wbxml-form.ts';
import { XmlError, XmlReader } from './xml/index.ts';
import { XmlCursor } from './xml-form.ts';

/**
 * Reads a document in any of the three encodings. Frames of `wbxml` are views of `bytes`.
 *
 * Says that the packaging is well formed, nothing else: whether frames are what the manifest names is the
 * engine's to check.
 *
 * @throws DocumentError `ERR_DOCUMENT_MALFORMED`, `ERR_DOCUMENT_LIMIT`
 */
export function decodeDocument(bytes: Uint8Array): DecodedDocument {
  if (bytes.length > MAX_DOCUMENT) throw limit(`${bytes.length} bytes, above ${MAX_DOCUMENT}`);
  try {
    return bytes[0] === 0x3c ? decodeXml(bytes) : decodeWbxml(bytes);
  } catch (cause) {
    if (cause instanceof WbxmlError || cause instanceof XmlError) {
      const isLimit = cause.code === 'ERR_WBXML_LIMIT' || cause.code === 'ERR_XML_LIMIT';
      const code = isLimit ? 'ERR_DOCUMENT_LIMIT' : 'ERR_DOCUMENT_MALFORMED';
      throw new DocumentError(code, cause.message, { cause });
    }
    throw cause;
  }
}

function decodeWbxml(bytes: Uint8Array): DecodedDocument {
  return { ...readMessage(new WbxmlCursor(bytes), 'bin'), encoding: 'wbxml' };
}

function decodeXml(bytes: Uint8Array): DecodedDocument {
  const cursor = new XmlCursor(new XmlReader(bytes));
  if (cursor.at(messageRoot)) return { ...readMessage(cursor, 'b64'), encoding: 'syncml-xml' };
  if (cursor.at(plainRoot)) return { ...readPlain(cursor), encoding: 'xml' };
  throw malformed('XML, but neither a SyncML 1.2 message nor a plain document');
}
