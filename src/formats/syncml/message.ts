/**
 * The SyncML 1.2 message of a document, written and read side by side (OMA-TS-SyncML_RepPro-V1_2). One grammar
 * for its WBXML and its XML form: elements in exactly this order, nothing optional.
 */
import { toBase64Url } from '../../lib/bytes.ts';
import { METINF, SYNCML12, syncml12, type Tag, tagNamed } from '../wbxml/index.ts';
import { type Cursor, readText, type Sink, writeText } from './cursor.ts';
import type { DecodedDocument, Document } from './document.ts';
import {
  MAX_FIELD,
  malformed,
  parseId,
  parseMessage,
  parseStream,
  readAddress,
  readFixed,
  readFrame,
} from './fields.ts';

/** Media type of an item: one frame. */
export const FRAME_TYPE = 'application/vnd.holdfast.frame';

/** How an item's data is written: MetInf `Format`. */
export type FrameFormat = 'bin' | 'b64';

const syncml = (name: string): Tag => tagNamed(syncml12, SYNCML12, name);
const metinf = (name: string): Tag => tagNamed(syncml12, METINF, name);

const t = {
  SyncML: syncml('SyncML'),
  SyncHdr: syncml('SyncHdr'),
  VerDTD: syncml('VerDTD'),
  VerProto: syncml('VerProto'),
  SessionID: syncml('SessionID'),
  MsgID: syncml('MsgID'),
  Target: syncml('Target'),
  Source: syncml('Source'),
  LocURI: syncml('LocURI'),
  SyncBody: syncml('SyncBody'),
  Sync: syncml('Sync'),
  CmdID: syncml('CmdID'),
  Add: syncml('Add'),
  Meta: syncml('Meta'),
  Item: syncml('Item'),
  Data: syncml('Data'),
  Final: syncml('Final'),
  Format: metinf('Format'),
  Type: metinf('Type'),
  EMI: metinf('EMI'),
};

/** The root, by which the XML form is recognised. */
export const messageRoot: Tag = t.SyncML;

export function writeMessage(sink: Sink<Tag>, document: Document, format: FrameFormat): void {
  const database = toBase64Url(document.database);
  sink.enter(t.SyncML);

  sink.enter(t.SyncHdr);
  writeText(sink, t.VerDTD, '1.2');
  writeText(sink, t.VerProto, 'SyncML/1.2');
  writeText(sink, t.SessionID, toBase64Url(document.set));
  writeText(sink, t.MsgID, String(document.message ?? 1));
  writePlace(sink, t.Target, document.target);
  writePlace(sink, t.Source, document.source);
  sink.leave();

  sink.enter(t.SyncBody);
  sink.enter(t.Sync);
  writeText(sink, t.CmdID, '1');
  writePlace(sink, t.Target, `./${database}`);
  writePlace(sink, t.Source, `./${database}`);
  sink.enter(t.Add);
  writeText(sink, t.CmdID, '2');
  sink.enter(t.Meta);
  writeText(sink, t.Format, format);
  writeText(sink, t.Type, FRAME_TYPE);
  // MetInf keeps EMI for what a vendor adds (OMA-TS-SyncML_MetaInfo-V1_2).
  writeText(sink, t.EMI, `database=${database}`);
  writeText(sink, t.EMI, `stream=${document.stream}`);
  writeText(sink, t.EMI, `segment=${toBase64Url(document.id)}`);
  writeText(sink, t.EMI, `salt=${toBase64Url(document.salt)}`);
  sink.leave();
  for (let number = 0; number < document.frames.length; number++) {
    sink.enter(t.Item);
    writePlace(sink, t.Source, String(number));
    sink.enter(t.Data);
    sink.frame(document.frames[number]!.length);
    sink.leave();
    sink.leave();
  }
  sink.leave();
  sink.leave();
  sink.empty(t.Final);
  sink.leave();

  sink.leave();
}

export function readMessage(cursor: Cursor<Tag>, format: FrameFormat): Omit<DecodedDocument, 'encoding'> {
  cursor.enter(t.SyncML);

  cursor.enter(t.SyncHdr);
  readFixed(cursor, t.VerDTD, '1.2');
  readFixed(cursor, t.VerProto, 'SyncML/1.2');
  const set = parseId('SessionID', readText(cursor, t.SessionID, MAX_FIELD), 16);
  const message = parseMessage(readText(cursor, t.MsgID, MAX_FIELD));
  const target = readPlace(cursor, t.Target);
  const source = readPlace(cursor, t.Source);
  cursor.leave();

  cursor.enter(t.SyncBody);
  cursor.enter(t.Sync);
  readFixed(cursor, t.CmdID, '1');
  const into = readPlace(cursor, t.Target);
  const from = readPlace(cursor, t.Source);
  cursor.enter(t.Add);
  readFixed(cursor, t.CmdID, '2');
  cursor.enter(t.Meta);
  readFixed(cursor, t.Format, format);
  readFixed(cursor, t.Type, FRAME_TYPE);
  const databaseText = readMeta(cursor, 'database');
  const database = parseId('database', databaseText, 16);
  if (into !== `./${databaseText}` || from !== into)
    throw malformed('Sync is for another database than its Add');
  const stream = parseStream(readMeta(cursor, 'stream'));
  const id = parseId('segment', readMeta(cursor, 'segment'), 8);
  const salt = parseId('salt', readMeta(cursor, 'salt'), 16);
  cursor.leave();
  const frames: Uint8Array[] = [];
  const offsets: number[] = [];
  do {
    cursor.enter(t.Item);
    if (readNumber(cursor) !== String(frames.length)) throw malformed(`frame ${frames.length} is not next`);
    readFrame(cursor, t.Data, { frames, offsets });
    cursor.leave();
  } while (cursor.at(t.Item));
  cursor.leave();
  cursor.leave();
  cursor.enter(t.Final);
  cursor.leave();
  cursor.leave();

  cursor.leave();
  cursor.end();
  return { set, database, stream, id, salt, target, source, message, frames, offsets };
}

function writePlace(sink: Sink<Tag>, tag: Tag, uri: string): void {
  sink.enter(tag);
  writeText(sink, t.LocURI, uri);
  sink.leave();
}

function readPlace(cursor: Cursor<Tag>, tag: Tag): string {
  cursor.enter(tag);
  const uri = readAddress(cursor, t.LocURI);
  cursor.leave();
  return uri;
}

function readNumber(cursor: Cursor<Tag>): string {
  cursor.enter(t.Source);
  const number = readText(cursor, t.LocURI, MAX_FIELD);
  cursor.leave();
  return number;
}

function readMeta(cursor: Cursor<Tag>, name: string): string {
  const text = readText(cursor, t.EMI, MAX_FIELD);
  if (!text.startsWith(`${name}=`)) throw malformed(`the meta has no ${name} where it should be`);
  return text.slice(name.length + 1);
}
