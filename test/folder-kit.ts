import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SourceError } from '../src/database/index.ts';
import { type Item, inDirectory, textItem } from './contracts/source.ts';

export const sample = (number: number, version: number): Item =>
  textItem(`sample-${number}.txt`, `text of version ${version}`, {
    title: `sample-${number}.txt`,
    type: 'text/plain',
    time: Date.UTC(2026, 0, number, 12, 0, 0, 123),
    attributes: { mode: 0o640 },
  });

/** Odd names, empty files and directories, links, modes, times. */
export function fillTree(root: string): void {
  mkdirSync(join(root, 'a', 'deep', 'er'), { recursive: true });
  mkdirSync(join(root, 'empty'));
  mkdirSync(join(root, 'read only'));
  writeFileSync(join(root, 'a', 'deep', 'er', 'file'), 'deep');
  writeFileSync(join(root, 'a.txt'), 'between a and a/ in no order but that of bytes');
  writeFileSync(join(root, 'a-b'), '', { mode: 0o600 });
  writeFileSync(join(root, 'new\nline "quoted" *?.txt'), 'x');
  writeFileSync(join(root, '写真 😀.jpg'), new Uint8Array(2_500_000).fill(7));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/not utf8 `), Buffer.of(0xff, 0xfe)]), 'bytes');
  writeFileSync(join(root, 'read only', 'run'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('a/deep', join(root, 'link to directory'));
  symlinkSync('/nowhere/at all', join(root, 'dangling'));
  utimesSync(join(root, 'a.txt'), 1_000_000_000.123, 1_000_000_000.123);
  chmodSync(join(root, 'read only'), 0o555);
}

/** Lets the tree be removed. */
export function release(root: string): void {
  execFileSync('chmod', ['-R', 'u+rwX', root]);
}

export const inTree = (run: (root: string) => Promise<void>): Promise<void> =>
  inDirectory(async (directory) => {
    const root = join(directory, 'tree');
    mkdirSync(root);
    try {
      await run(root);
    } finally {
      release(directory);
    }
  });

/** Root reads everything; so it steps down for a moment. */
export async function asNobody<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await run();
  process.seteuid?.(65534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

export const isError = (code: string) => (error: unknown) =>
  error instanceof SourceError && error.code === code;
export const plain = { keepBoth: false, dryRun: false };
