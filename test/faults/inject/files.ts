/** Wraps what of node:fs and node:fs/promises changes anything. */
import nodeFs from 'node:fs';
import { bytesOf, halfOf, type RawPath, rawPath, toPath } from './bytes.ts';
import type { Calls } from './calls.ts';
import type { Disk } from './disk.ts';
import { plain } from './disk.ts';
import type { CallKind } from './plan.ts';

type Args = readonly unknown[];
export type Fn = (...args: unknown[]) => unknown;
type Table = Record<string, Fn>;

/** What the disk has to know before a call; returns what it has to know afterwards. */
interface Effect {
  readonly failed?: () => void;
  readonly done?: (() => void) | undefined;
}

interface Wrapped {
  readonly kind: CallKind;
  /** False: this time nothing is changed, and it does not count. */
  readonly counts?: (args: Args) => boolean;
  readonly half?: (args: Args) => unknown;
  readonly effect?: (disk: Disk, args: Args) => Effect | undefined;
  /** The call is carried out by `effect` already. */
  readonly replaced?: (disk: Disk, args: Args) => boolean;
}

const { O_CREAT, O_TRUNC, O_WRONLY, O_RDWR } = nodeFs.constants;
const writesWith = (flags: unknown): boolean =>
  typeof flags === 'number'
    ? (flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)) !== 0
    : typeof flags === 'string' && /[wa+]/.test(flags);
const truncates = (flags: unknown): boolean =>
  typeof flags === 'number' ? (flags & O_TRUNC) !== 0 : typeof flags === 'string' && flags.startsWith('w');

/** Neither a terminal nor a pipe to whoever started it. */
const isFile = ([target]: Args): boolean => typeof target !== 'number' || target > 2;

const fdOrPath = (disk: Disk, target: unknown, at: number | undefined): Effect | undefined => {
  if (typeof target === 'number') {
    disk.writes(target, at);
    return undefined;
  }
  const path = rawPath(target);
  if (path === undefined) return undefined;
  const failed = disk.adds(path);
  disk.replaces(path);
  return { failed };
};

const onePath =
  (what: 'adds' | 'addsAll' | 'removes') =>
  (disk: Disk, [path]: Args): Effect | undefined => {
    const raw = rawPath(path);
    return raw === undefined ? undefined : { failed: disk[what](raw) };
  };

const twoPaths =
  (what: 'renames' | 'links') =>
  (disk: Disk, [from, to]: Args): Effect | undefined => {
    const [a, b] = [rawPath(from), rawPath(to)];
    return a === undefined || b === undefined ? undefined : { failed: disk[what](a, b) };
  };

const position = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** `writeSync(fd, data, offset, length, position)`, or `(fd, data, {offset, length, position})`. */
function slice([, data, offset, length, at]: Args): { bytes: Buffer; at: number | undefined } {
  if (typeof data === 'string') return { bytes: bytesOf(data), at: position(offset) };
  if (typeof offset === 'object' && offset !== null) {
    const options = offset as { offset?: number; length?: number; position?: number | null };
    const from = options.offset ?? 0;
    const bytes = bytesOf(data).subarray(
      from,
      options.length === undefined ? undefined : from + options.length,
    );
    return { bytes, at: position(options.position) };
  }
  const from = position(offset) ?? 0;
  const bytes = bytesOf(data).subarray(
    from,
    position(length) === undefined ? undefined : from + Number(length),
  );
  return { bytes, at: position(at) };
}

const writeHalf = (args: Args): void => {
  const { bytes, at } = slice(args);
  half(args[0] as number, bytes, at);
};

function half(fd: number, bytes: Buffer, at: number | undefined): void {
  realWrite(fd, halfOf(bytes), 0, bytes.length >> 1, at ?? null);
}
const realWrite = nodeFs.writeSync as (
  fd: number,
  b: Buffer,
  o: number,
  l: number,
  p: number | null,
) => number;

const joined = (buffers: unknown): Buffer =>
  Buffer.concat((buffers as Uint8Array[]).map((one) => bytesOf(one)));

const rm: Wrapped = {
  kind: 'remove',
  effect: onePath('removes'),
  // A tree is moved away instead, so that it can come back.
  replaced: (disk, [path]) => {
    const raw = rawPath(path);
    return disk.has(raw) && !plain.lstatSync(toPath(raw), { throwIfNoEntry: false });
  },
};

/** Only one that is empty: others are to stay, and the call to fail. */
const rmdir: Wrapped = {
  ...rm,
  effect: (disk, args) => {
    const raw = rawPath(args[0]);
    const empty = raw !== undefined && disk.has(raw) && isEmpty(raw);
    return empty ? onePath('removes')(disk, args) : undefined;
  },
};

function isEmpty(path: RawPath): boolean {
  try {
    return nodeFs.readdirSync(toPath(path)).length === 0;
  } catch {
    return false;
  }
}

/** By name, without `Sync`. */
const FUNCTIONS: Readonly<Record<string, Wrapped>> = {
  open: {
    kind: 'open',
    counts: ([, flags]) => writesWith(flags),
    effect: (disk, [target, flags]) => {
      const path = rawPath(target);
      if (path === undefined) return undefined;
      if (truncates(flags)) disk.replaces(path);
      return { failed: disk.adds(path) };
    },
  },
  write: {
    kind: 'write',
    counts: isFile,
    half: writeHalf,
    effect: (disk, args) => fdOrPath(disk, args[0], slice(args).at),
  },
  writev: {
    kind: 'write',
    counts: isFile,
    half: ([fd, buffers, at]) => half(fd as number, joined(buffers), position(at)),
    effect: (disk, [fd, , at]) => fdOrPath(disk, fd, position(at)),
  },
  writeFile: {
    kind: 'write',
    counts: isFile,
    half: ([target, data, options]) =>
      plain.writeFileSync(target as string, halfOf(bytesOf(data)), options as object),
    effect: (disk, [target]) => fdOrPath(disk, target, 0),
  },
  appendFile: {
    kind: 'write',
    counts: isFile,
    effect: (disk, [target]) => fdOrPath(disk, target, undefined),
  },
  copyFile: { kind: 'write', effect: (disk, [, to]) => fdOrPath(disk, to, 0) },
  truncate: { kind: 'truncate', effect: (disk, [target]) => fdOrPath(disk, target, 0) },
  ftruncate: { kind: 'truncate', effect: (disk, [fd]) => fdOrPath(disk, fd, 0) },
  fsync: { kind: 'sync', effect: (disk, [fd]) => ({ done: disk.syncs(fd as number) }) },
  fdatasync: { kind: 'sync', effect: (disk, [fd]) => ({ done: disk.syncs(fd as number) }) },
  rename: { kind: 'rename', effect: twoPaths('renames') },
  link: { kind: 'link', effect: twoPaths('links') },
  symlink: { kind: 'link', effect: (disk, [, path]) => onePath('adds')(disk, [path]) },
  unlink: { kind: 'remove', effect: onePath('removes') },
  rmdir,
  rm,
  mkdir: { kind: 'mkdir', effect: onePath('addsAll') },
  mkdtemp: { kind: 'mkdir' },
  ...Object.fromEntries(
    ['chmod', 'fchmod', 'lchmod', 'utimes', 'futimes', 'lutimes', 'chown', 'fchown'].map((name) => [
      name,
      { kind: 'meta' } as const,
    ]),
  ),
};

/** Of an open file: `this` stands for its descriptor. */
const METHODS: Readonly<Record<string, string>> = {
  write: 'write',
  writev: 'writev',
  writeFile: 'writeFile',
  appendFile: 'appendFile',
  truncate: 'ftruncate',
  sync: 'fsync',
  datasync: 'fdatasync',
  chmod: 'fchmod',
  utimes: 'futimes',
};

export async function wrapFiles(calls: Calls): Promise<void> {
  const handle = await nodeFs.promises.open(import.meta.filename);
  const methods = Object.getPrototypeOf(handle) as Table;
  await handle.close();
  const [sync, promises] = [nodeFs as unknown as Table, nodeFs.promises as unknown as Table];
  for (const [name, wrapped] of Object.entries(FUNCTIONS)) {
    for (const [table, key] of [
      [sync, `${name}Sync`],
      [promises, name],
    ] as const) {
      const real = table[key];
      if (!real) continue;
      table[key] = (...args) => make(calls, wrapped, name, args, () => real.apply(table, args));
    }
  }
  for (const [method, name] of Object.entries(METHODS)) {
    const real = methods[method]!;
    const wrapped = FUNCTIONS[name]!;
    methods[method] = function (this: { fd: number }, ...args) {
      return make(calls, wrapped, name, [this.fd, ...args], () => real.apply(this, args));
    } as Fn;
  }
}

function make(calls: Calls, wrapped: Wrapped, name: string, args: Args, run: () => unknown): unknown {
  const { kind, counts, half: before, effect, replaced } = wrapped;
  if (counts && !counts(args)) return run();
  const what = Buffer.isBuffer(args[0]) ? args[0].toString('latin1') : String(args[0]);
  const target = `${name} ${typeof args[0] === 'number' ? fileOf(args[0]) : what}`;
  const half = before && {
    half: () => {
      noted();
      return before(args);
    },
  };
  return calls.make({ kind, target, ...half }, () => {
    const after = noted();
    const { disk } = calls;
    if (disk && replaced?.(disk, args)) return name === 'rm' || name === 'rmdir' ? settled(run) : undefined;
    try {
      const result = run();
      if (!(result instanceof Promise)) {
        after?.done?.();
        return result;
      }
      return result.then(
        (value: unknown) => {
          after?.done?.();
          return value;
        },
        (error: unknown) => {
          after?.failed?.();
          throw error;
        },
      );
    } catch (error) {
      after?.failed?.();
      throw error;
    }
  });

  function noted(): Effect | undefined {
    return calls.disk && effect?.(calls.disk, args);
  }
}

/** It is gone already: its answer is that of a call that found nothing and was not asked to mind. */
function settled(run: () => unknown): unknown {
  try {
    const result = run();
    return result instanceof Promise ? result.catch(ignoreMissing) : result;
  } catch (error) {
    return ignoreMissing(error);
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function fileOf(fd: number): string {
  try {
    return plain.readlinkSync(`/proc/self/fd/${fd}`, 'utf8');
  } catch {
    return `descriptor ${fd}`;
  }
}
