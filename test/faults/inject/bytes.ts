/** Paths by their bytes, and the first half of what is written. */
import { readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// Before anything is wrapped.
const readlink = readlinkSync;

/** A path, absolute, each byte one character. */
export type RawPath = string;

export function rawPath(path: unknown): RawPath | undefined {
  if (typeof path === 'string' || path instanceof Uint8Array)
    return throughDescriptor(resolve(Buffer.from(path as string).toString('latin1')));
  if (path instanceof URL) return rawPath(fileURLToPath(path));
  return undefined;
}

/** A path below an open directory is one below its own path. */
function throughDescriptor(path: RawPath): RawPath {
  const [, descriptor, rest = ''] = /^(\/proc\/self\/fd\/\d+)(\/.*)?$/s.exec(path) ?? [];
  if (descriptor === undefined) return path;
  try {
    return readlink(descriptor, { encoding: 'buffer' }).toString('latin1') + rest;
  } catch {
    return path;
  }
}

export const toPath = (path: RawPath): Buffer => Buffer.from(path, 'latin1');

export function bytesOf(data: unknown, encoding?: unknown): Buffer {
  if (typeof data === 'string') return Buffer.from(data, (encoding as BufferEncoding | undefined) ?? 'utf8');
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.alloc(0);
}

export const halfOf = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length >> 1);
