/**
 * Document: one segment packaged as a SyncML 1.2 message (N5), so that any storage that takes SyncML or XML takes
 * it: a header that names set, target and source, and one `Add` whose items are the frames.
 *
 * Three encodings of the same content: `wbxml` (the default: frames lie in it as they are), `syncml-xml` (the same
 * message in XML, frames in base64) and `xml` (a plain XML document, frames in base64). The bytes are specified in
 * docs/format/document.md. Nothing here knows a key: a document is packaging.
 */
export { decodeDocument } from './decode.ts';
export {
  checkDocument,
  type DecodedDocument,
  type Document,
  type DocumentEncoding,
  MAX_DOCUMENT,
  MAX_DOCUMENT_FRAME,
  MAX_DOCUMENT_FRAMES,
} from './document.ts';
export { type EncodedDocument, encodeDocument, encodeDocumentParts } from './encode.ts';
export * from './errors.ts';
export { decodeStoredFrame, storedFrameLength } from './stored-frame.ts';
