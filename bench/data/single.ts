/** One very large file, like the database of a chat program: half of it text, half of it media. */
import { closeSync, mkdirSync, openSync, utimesSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeItem } from './items.ts';
import { Random } from './random.ts';

const PIECE = 1_000_000;
const NAME = 'chats.db';
const MADE = 1_700_000_000;

export function makeSingle(folder: string, bytes: number, seed: string): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, NAME);
  const file = openSync(path, 'w');
  const messages = Array.from({ length: 2000 }, (_, index) => makeItem(seed, 'messages', index, 0).bytes);
  try {
    for (let at = 0; at < bytes; at += PIECE) {
      const random = new Random(`${seed}/single/${at}`);
      const piece = (at / PIECE) % 2 === 1 ? text(random, messages) : random.bytes(PIECE);
      writeSync(file, piece, 0, Math.min(PIECE, bytes - at), at);
    }
  } finally {
    closeSync(file);
  }
  utimesSync(path, MADE, MADE);
}

/** Writes 1 % of it anew, in pieces of a hundred thousand bytes at places of its own. */
export function changeSingle(folder: string, bytes: number, random: Random) {
  const path = join(folder, NAME);
  const [length, count] = [100_000, Math.max(1, Math.round(bytes / 100 / 100_000))];
  const file = openSync(path, 'r+');
  try {
    for (let n = 0; n < count; n++)
      writeSync(
        file,
        random.bytes(length),
        0,
        length,
        random.between(0, Math.floor(bytes / length) - 1) * length,
      );
  } finally {
    closeSync(file);
  }
  const when = MADE + random.between(1, 1_000_000);
  utimesSync(path, when, when);
  return { files: 1, bytes: count * length };
}

/** A piece of messages, in an order that no other piece has. */
function text(random: Random, messages: readonly Uint8Array[]): Uint8Array {
  const piece = new Uint8Array(PIECE);
  for (let at = 0; at < PIECE; ) {
    const message = random.pick(messages).subarray(0, PIECE - at);
    piece.set(message, at);
    at += message.length;
  }
  return piece;
}
