/**
 * A second implementation, to show that docs/format.md is enough: restores the newest set of a chain from the bare
 * objects of a storage area. Node's own modules and `jose`; nothing of Holdfast.
 *
 *   node read.mjs CHAIN_DIRECTORY KEYS.json OUT
 *
 * CHAIN_DIRECTORY holds m/, k/ and s/ of one DEVICE/CHAIN. KEYS.json is { "signer": Ed25519 JWK of the device, "key": the
 * JWK that opens: P-256 or RSA private, or oct }. Items go to OUT/DATABASE/LABEL/UID; a line of JSON tells of each.
 * Section numbers are those of docs/format.md.
 */
import { createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { calculateJwkThumbprint, compactVerify, flattenedDecrypt } from 'jose';

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const unb64 = (text) => Buffer.from(text, 'base64url');
const u32 = (number) => Buffer.from([number >>> 24, number >>> 16, number >>> 8, number]);
const hkdf = (key, salt, ...info) =>
  Buffer.from(hkdfSync('sha256', key, salt, Buffer.concat(info.map((one) => Buffer.from(one))), 32));
function must(holds, what) {
  if (!holds) throw new Error(`this is not what was stored: ${what}`);
}

export async function readChain(directory, { signer, key }) {
  const chain = unb64(basename(directory));
  const streamByte = { data: 0, index: 1 };
  const opened = new Map();
  const documents = new Map();
  const frames = new Map();

  /** §6: a manifest counts when the device signed it, and one that is used when its hash is the one that pins it. */
  async function manifest(name, hash) {
    const bytes = readFileSync(join(directory, 'm', name));
    must(!hash || sha256(bytes).equals(unb64(hash)), `manifest ${name}`);
    const { payload, protectedHeader } = await compactVerify(bytes, signer, { algorithms: ['EdDSA'] });
    must(protectedHeader.typ === 'holdfast-manifest+jws', 'type of a manifest');
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    must(value.v === 1 && value.chain === basename(directory), 'chain of a manifest');
    return { ...value, dataKeys: await dataKeys(value.keyring) };
  }

  /** §4: the data keys of a keyring, each by its database id. */
  async function dataKeys({ id, envelopes }) {
    const thumbprint = unb64(await calculateJwkThumbprint(key));
    const kid = sha256(unb64(id), thumbprint).toString('base64url');
    const alg = { oct: 'A256KW', EC: 'ECDH-ES+A256KW', RSA: 'RSA-OAEP-256' }[key.kty];
    const secret = key.kty === 'oct' ? unb64(key.k) : key;
    const found = {};
    for (const { number, hash, databases } of envelopes) {
      const bytes = readFileSync(join(directory, 'k', `${id}-${number}`));
      must(sha256(bytes).equals(unb64(hash)), `envelope ${number}`);
      const { recipients, ...envelope } = JSON.parse(bytes);
      const mine = recipients.find(({ header }) => header.kid === kid);
      if (!mine) continue;
      const { plaintext } = await flattenedDecrypt({ ...envelope, ...mine }, secret, {
        keyManagementAlgorithms: [alg],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      const { keys } = JSON.parse(new TextDecoder().decode(plaintext));
      for (const { id: database, commitment } of databases) {
        const proof = hkdf(unb64(keys[database]), '', 'holdfast/1 commitment', chain, unb64(database));
        must(proof.equals(unb64(commitment)), `key of ${database}`);
        found[database] = unb64(keys[database]);
      }
    }
    return found;
  }

  /** A whole segment as it is stored, and where its frames lie: docs/format/document.md, encoding `wbxml`. */
  function document(set, segment) {
    const name = join(directory, 's', set, segment);
    if (documents.has(name)) return documents.get(name);
    const bytes = readFileSync(name);
    const found = { bytes, frames: [], salt: undefined };
    must(bytes.subarray(0, 5).equals(Buffer.from('02a4016a00', 'hex')), `document ${segment}`);
    for (let at = 5; at < bytes.length; ) {
      const token = bytes[at++];
      if (token === 0x00) at++;
      else if (token === 0x03) {
        const end = bytes.indexOf(0, at);
        const text = bytes.toString('utf8', at, end);
        if (text.startsWith('salt=')) found.salt = unb64(text.slice(5));
        at = end + 1;
      } else if (token === 0xc3) {
        let length = 0;
        let byte;
        do {
          byte = bytes[at++];
          length = length * 128 + (byte & 127);
        } while (byte & 128);
        found.frames.push({ offset: at, length });
        at += length;
      }
    }
    documents.set(name, found);
    return found;
  }

  /** §2: a frame's plaintext. `place` has set, database, stream, salt and the data key. */
  function openFrame(place, number, frame) {
    const body = frame.subarray(1, -16);
    const { set, database, stream, salt, dataKey } = place;
    const info = ['holdfast/1 segment key', set, database, Buffer.from([streamByte[stream]])];
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(number, 8);
    const decipher = createDecipheriv('aes-256-gcm', hkdf(dataKey, salt, ...info), nonce);
    const head = Buffer.from(['H'.charCodeAt(0), 'F'.charCodeAt(0), 1, streamByte[stream]]);
    decipher.setAAD(
      Buffer.concat([head, set, database, salt, u32(number), frame.subarray(0, 1), u32(body.length)]),
    );
    decipher.setAuthTag(frame.subarray(-16));
    const plain = Buffer.concat([decipher.update(body), decipher.final()]);
    const packed = plain.subarray(7, 7 + plain.readUIntBE(4, 3));
    return plain[0] === 1 ? zstdDecompressSync(packed, { maxOutputLength: plain.readUIntBE(1, 3) }) : packed;
  }

  const names = readdirSync(join(directory, 'm')).sort();
  const newest = await manifest(names.at(-1));
  opened.set(newest.set, newest);
  for (const { set, counter, hash } of newest.uses)
    opened.set(set, await manifest(`${String(counter).padStart(10, '0')}-${set}`, hash));

  /** §3, §5: the plaintext of an index part, after its segments were compared with the manifest. */
  function indexBytes({ set, database }) {
    const { databases, dataKeys } = opened.get(set);
    const parts = [];
    for (const segment of databases.find(({ id }) => id === database).segments) {
      if (segment.stream !== 'index') continue;
      const { bytes, frames, salt } = document(set, segment.id);
      const raw = frames.map(({ offset, length }) => bytes.subarray(offset, offset + length));
      const hashes = raw.map((frame) => sha256(frame));
      const hash = sha256('holdfast/1 segment', Buffer.from([1]), salt, u32(raw.length), ...hashes);
      must(hash.equals(unb64(segment.hash)), `segment ${segment.id}`);
      const place = { set: unb64(set), database: unb64(database), stream: 'index', salt };
      raw.forEach((frame, i) => {
        parts.push(openFrame({ ...place, dataKey: dataKeys[database] }, i, frame));
      });
    }
    return Buffer.concat(parts);
  }

  /** §5: an item's bytes from its extents. */
  function content({ extents, fingerprint }, tables) {
    const parts = extents.map(({ table, frame, offset, length }) => {
      const pieces = [];
      for (let left = length, from = offset, number = frame; left > 0; number++, from = 0) {
        const piece = dataFrame(tables[table], number).subarray(from, from + left);
        must(piece.length > 0, 'an extent without bytes');
        pieces.push(piece);
        left -= piece.length;
      }
      return Buffer.concat(pieces);
    });
    const bytes = Buffer.concat(parts);
    must(sha256(bytes).equals(fingerprint), 'an item');
    return bytes;
  }

  function dataFrame(table, number) {
    const [set, database] = [table.set.toString('base64url'), table.database.toString('base64url')];
    const segment = table.segment.toString('base64url');
    const name = `${segment} ${number}`;
    if (frames.has(name)) return frames.get(name);
    const { offset, length, hash } = table.frames[number];
    const frame = document(set, segment).bytes.subarray(offset, offset + length);
    must(sha256(frame).equals(hash), `frame ${number} of segment ${segment}`);
    const place = { ...table, stream: 'data', dataKey: opened.get(set).dataKeys[database] };
    if (frames.size > 64) frames.clear();
    frames.set(name, openFrame(place, number, frame));
    return frames.get(name);
  }

  return (function* items() {
    for (const unit of newest.indexes) {
      const parts = unit.map((part) => parseIndex(indexBytes(part)));
      const live = new Map(); // key → entry, with the tables of its part
      for (const part of parts)
        for (const entry of part.entries)
          if (entry.op === 1) live.set(entry.key.toString('hex'), { entry, part });
          else live.delete(entry.key.toString('hex'));
      for (const { entry, part } of live.values())
        yield { database: part.database, class: part.class, ...entry, bytes: content(entry, part.tables) };
    }
  })();
}

/** §5: head and entries. */
function parseIndex(bytes) {
  let at = 0;
  const raw = (length) => bytes.subarray(at, (at += length));
  const byte = () => bytes[at++];
  const uint = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const next = byte();
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
  };
  const many = (read) => Array.from({ length: uint() }, read);
  const field = () => raw(uint());
  const text = () => field().toString('utf8');

  raw(4);
  must(byte() === 1, 'version of an index');
  byte();
  const [database, itemClass] = [text(), ['enterprise', 'personal'][byte()]];
  many(() => [text(), text()]);
  text();
  uint();
  field();
  const count = uint();
  const tables = many(() => {
    const table = { set: raw(16), database: raw(16), segment: raw(8), salt: raw(16) };
    let end = 0;
    table.frames = many(() => {
      const offset = end + uint();
      const length = uint();
      end = offset + length;
      return { offset, length, hash: raw(32) };
    });
    return table;
  });
  const entries = Array.from({ length: count }, () => {
    const first = byte();
    if (first === 2) raw(4); // a long one: its length, for those who read frame by frame
    const entry = { op: first === 2 ? byte() : first, key: field() };
    if (entry.op === 0) return entry;
    const [title, type, time] = [text(), text(), uint()];
    const flags = byte();
    if (flags & 1) uint();
    const link = flags & 2 ? field() : undefined;
    if (flags & 8) uint();
    if (flags & 16) field();
    const split = entry.key.indexOf(0);
    const [label, uid] = [entry.key.toString('utf8', 0, split), entry.key.subarray(split + 1)];
    const more = { label, uid, title, type, time, link, directory: (flags & 4) !== 0 };
    const size = uint();
    const fingerprint = raw(32);
    const extents = many(() => ({ table: uint(), frame: uint(), offset: uint(), length: uint() }));
    return { ...entry, ...more, size, fingerprint, extents };
  });
  must(at === bytes.length, 'end of an index');
  return { database, class: itemClass, tables, entries };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory, keys, out] = process.argv.slice(2);
  if (!out) throw new Error('usage: node read.mjs CHAIN_DIRECTORY KEYS.json OUT');
  for (const item of await readChain(resolve(directory), JSON.parse(readFileSync(keys, 'utf8')))) {
    const { database, label, title, size } = item;
    console.log(JSON.stringify({ database, label, uid: item.uid.toString(), title, size }));
    const place = resolve(out, database, label);
    const path = resolve(place, item.uid.toString());
    if (item.directory || item.link) continue; // files are enough for an example
    must(path.startsWith(place + sep), `a name that leads elsewhere: ${item.uid}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, item.bytes, { flag: 'wx' });
  }
}
