/** A tree of everything that file systems allow and programs stumble over. */
import { chmodSync, lutimesSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seeded, writeLarge } from './data.ts';

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

export const ODD_NAMES: readonly Buffer[] = [
  bytes('not utf-8 ', [0xff, 0xfe, 0x80]),
  bytes([0xc3]),
  bytes('latin1 caf', [0xe9]),
  bytes('new\nline'),
  bytes('\ttab and \r return'),
  bytes([0x01, 0x1b], '[31mred'),
  bytes('-rf'),
  bytes('--help'),
  bytes(' leading and trailing '),
  bytes('trailing dot.'),
  bytes('back\\slash \\x41'),
  bytes('quotes \'"` $HOME $(id) *?[a]{b}'),
  bytes('%2e%2e%2f'),
  bytes('...'),
  bytes('con.txt'),
  bytes('x'.repeat(255)),
  bytes('ü'.repeat(127)),
  bytes('写真 😀 עברית'),
  // One letter, composed and decomposed: two files.
  bytes('\u00e9 composed or not'),
  bytes('e\u0301 composed or not'),
  bytes('README'),
  bytes('readme'),
  bytes('Readme'),
];

/** Makes it below a directory that is not there yet. @param large bytes of its large file */
export function makeOddTree(root: string, large: number): void {
  const random = seeded(4711);
  mkdirSync(root, { recursive: true });
  const names = join(root, 'names');
  mkdirSync(names);
  for (const [i, name] of ODD_NAMES.entries())
    writeFileSync(Buffer.concat([Buffer.from(`${names}/`), name]), random(i * 37));
  const directory = Buffer.concat([Buffer.from(`${root}/directory `), Buffer.from([0xfa, 0x0a])]);
  mkdirSync(directory);
  writeFileSync(Buffer.concat([directory, Buffer.from('/inside')]), 'in a directory of odd name');
  mkdirSync(join(root, ...Array.from({ length: 20 }, (_, i) => `level ${i}`)), { recursive: true });
  for (const empty of ['empty', 'empty in/empty']) mkdirSync(join(root, empty), { recursive: true });
  writeFileSync(join(root, 'no bytes'), '');
  writeFileSync(join(root, 'one byte'), '\0');
  writeLarge(join(root, 'large'), large, 99);
  mkdirSync(join(root, 'small'));
  for (let i = 0; i < 500; i++) writeFileSync(join(root, 'small', `${i}`), `${i}\n`.repeat(i % 90));
  for (const mode of [0o400, 0o600, 0o644, 0o755, 0o777]) {
    writeFileSync(join(root, `mode ${mode.toString(8)}`), 'm');
    chmodSync(join(root, `mode ${mode.toString(8)}`), mode);
  }
  mkdirSync(join(root, 'closed'));
  chmodSync(join(root, 'closed'), 0o700);
  const links = join(root, 'links');
  mkdirSync(links);
  const targets: Record<string, string | Buffer> = {
    dangling: 'nowhere',
    absolute: '/etc/hostname',
    'absolute, dangling': '/nowhere/at all',
    'up and out': '../../../..',
    'to a directory': '../small',
    'to itself': 'to itself',
    'of odd bytes': bytes('x', [0xff], '\n'),
  };
  for (const [name, target] of Object.entries(targets)) symlinkSync(target, join(links, name));
  lutimesSync(join(links, 'dangling'), 1_500_000_000, 1_500_000_000);
  utimesSync(join(root, 'one byte'), 1_000_000_000.25, 1_000_000_000.25);
  utimesSync(join(root, 'no bytes'), 1, 1);
}
