/** What lies in the area for a device, read from the disk of the storage. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeDocument } from '../../src/formats/syncml/index.ts';
import type { Manifest } from '../../src/set/index.ts';
import { expect, once } from './finding.ts';

/** Behind each object: its digest, and a mark. */
const TRAILER = 40;
const SUFFIX = '.object';

export interface Stored {
  /** Below `USER/DEVICE/`. */
  readonly names: readonly string[];
  readonly manifests: readonly Manifest[];
}

/** Names of all objects of a device, whether or not a manifest knows them. */
export function storedBy(objects: string, device: string): Stored & { readonly root: string } {
  const user = readdirSync(objects).find((name) => readdirSync(join(objects, name)).includes(device));
  if (user === undefined) return { root: '', names: [], manifests: [] };
  const root = join(objects, user, device);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .sort();
  const manifests = names
    .filter((name) => name.includes('/m/'))
    .map((name) => payloadOf(bytesOf(root, name)));
  return { root, names, manifests };
}

/** Counters without a fork, no segment in two manifests, no salt twice; `whole`: and nothing that no manifest names. */
export function checkStored(objects: string, device: string, whole: boolean): Stored {
  const stored = storedBy(objects, device);
  const { root, names, manifests } = stored;
  const chains = new Set(manifests.map(({ chain }) => chain));
  expect(chains.size <= 1, 'double', () => `there are ${chains.size} chains`);
  once(
    manifests.map(({ counter }) => `${counter}`),
    'the manifest number',
  );
  once(
    manifests.flatMap(({ databases }) => databases.flatMap(({ segments }) => segments.map(({ id }) => id))),
    'segment',
  );
  // The nonce is the frame's number: one salt, one key, once.
  const documents = names.filter((name) => name.includes('/s/'));
  once(
    documents.map((name) => saltOf(bytesOf(root, name))),
    'the salt',
  );
  if (whole) checkReferenced(names, manifests);
  return stored;
}

function checkReferenced(names: readonly string[], manifests: readonly Manifest[]): void {
  const known = new Set(
    manifests.flatMap(({ chain, set, counter, keyring, databases }) => [
      `${chain}/m/${String(counter).padStart(10, '0')}-${set}`,
      ...keyring.envelopes.map(({ number }) => `${chain}/k/${keyring.id}-${number}`),
      ...databases.flatMap(({ segments }) => segments.map(({ id }) => `${chain}/s/${set}/${id}`)),
    ]),
  );
  const left = names.filter((name) => !known.has(name));
  expect(left.length === 0, 'failure', () => `no manifest names ${left.join(', ')}`);
}

/** Whatever is not an object, of bytes on their way to be one. */
export const incoming = (storage: string): string[] =>
  statSync(join(storage, 'incoming'), { throwIfNoEntry: false })
    ? readdirSync(join(storage, 'incoming'))
    : [];

const bytesOf = (root: string, name: string): Buffer => {
  const bytes = readFileSync(join(root, name + SUFFIX));
  return bytes.subarray(0, bytes.length - TRAILER);
};

const saltOf = (document: Buffer): string => Buffer.from(decodeDocument(document).salt).toString('hex');

const payloadOf = (jws: Buffer): Manifest =>
  JSON.parse(Buffer.from(jws.toString('latin1').split('.')[1]!, 'base64url').toString()) as Manifest;
