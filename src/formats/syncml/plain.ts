/** The plain XML document (N5, option): the same fields in a vocabulary of our own, written and read side by side. */
import { toBase64Url } from '../../lib/bytes.ts';
import { type Cursor, type Name, readText, type Sink, writeText } from './cursor.ts';
import type { DecodedDocument, Document } from './document.ts';
import { MAX_FIELD, parseId, parseMessage, parseStream, readAddress, readFrame } from './fields.ts';

const tag = (name: string): Name => ({ name, namespace: 'holdfast:document:1' });

const t = {
  document: tag('document'),
  set: tag('set'),
  message: tag('message'),
  target: tag('target'),
  source: tag('source'),
  database: tag('database'),
  stream: tag('stream'),
  segment: tag('segment'),
  salt: tag('salt'),
  frame: tag('frame'),
};

export const plainRoot: Name = t.document;

export function writePlain(sink: Sink<Name>, document: Document): void {
  sink.enter(t.document);
  writeText(sink, t.set, toBase64Url(document.set));
  writeText(sink, t.message, String(document.message ?? 1));
  writeText(sink, t.target, document.target);
  writeText(sink, t.source, document.source);
  writeText(sink, t.database, toBase64Url(document.database));
  writeText(sink, t.stream, document.stream);
  writeText(sink, t.segment, toBase64Url(document.id));
  writeText(sink, t.salt, toBase64Url(document.salt));
  for (const frame of document.frames) {
    sink.enter(t.frame);
    sink.frame(frame.length);
    sink.leave();
  }
  sink.leave();
}

export function readPlain(cursor: Cursor<Name>): Omit<DecodedDocument, 'encoding'> {
  cursor.enter(t.document);
  const set = parseId('set', readText(cursor, t.set, MAX_FIELD), 16);
  const message = parseMessage(readText(cursor, t.message, MAX_FIELD));
  const target = readAddress(cursor, t.target);
  const source = readAddress(cursor, t.source);
  const database = parseId('database', readText(cursor, t.database, MAX_FIELD), 16);
  const stream = parseStream(readText(cursor, t.stream, MAX_FIELD));
  const id = parseId('segment', readText(cursor, t.segment, MAX_FIELD), 8);
  const salt = parseId('salt', readText(cursor, t.salt, MAX_FIELD), 16);
  const frames: Uint8Array[] = [];
  const offsets: number[] = [];
  do readFrame(cursor, t.frame, { frames, offsets });
  while (cursor.at(t.frame));
  cursor.leave();
  cursor.end();
  return { set, database, stream, id, salt, target, source, message, frames, offsets };
}
