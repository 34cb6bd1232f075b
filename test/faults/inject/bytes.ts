/** Paths by their bytes, and the first half of what is written. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A path, absolute, each byte one character. */
export type RawPath = string;

export function rawPath(path: unknown): RawPath | undefined {
  if (typeof path === 'string') return resolve(Buffer.from(path).toString('latin1'));
  if (path instanceof Uint8Array) return resolve(Buffer.from(path).toString('latin1'));
  if (path instanceof URL) return rawPath(fileURLToPath(path));
  return undefined;
}

export const toPath = (path: RawPath): Buffer => Buffer.from(path, 'latin1');

export function bytesOf(data: unknown, encoding?: unknown): Buffer {
  if (typeof data === 'string') return Buffer.from(data, (encoding as BufferEncoding | undefined) ?? 'utf8');
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.alloc(0);
}

export const halfOf = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length >> 1);
