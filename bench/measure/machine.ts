/** The machine that figures come from: they mean nothing without it. */
import { readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  /** Of its instructions those that hash, encrypt and move many bytes at once. */
  readonly features: readonly string[];
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly kernel: string;
  /** Of the directory that everything lies in. */
  readonly fileSystem: string;
  readonly node: string;
  /** Processes that wanted a core, on average over the last minute, before the first measurement. */
  readonly load: number;
}

const FEATURES = ['aes', 'vaes', 'pclmulqdq', 'sha_ni', 'avx2', 'avx512f', 'sha2', 'sha3', 'asimd'];

/** @param directory where the measured files lie */
export function describeMachine(directory: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    features: FEATURES.filter((feature) => flags().has(feature)),
    cores: cpus().length,
    memory: totalmem(),
    kernel: `${process.platform} ${release()}`,
    fileSystem: fileSystem(directory),
    node: process.versions.node,
    load: loadavg()[0]!,
  };
}

/** One line. */
export const machineLine = (on: Machine): string =>
  [
    `${on.cores} cores of ${on.cpu} (${on.features.join(' ')})`,
    `${(on.memory / 2 ** 30).toFixed(0)} GiB`,
    on.fileSystem,
    on.kernel,
    `Node ${on.node}`,
    `load before: ${on.load.toFixed(1)}`,
  ].join(', ');

/** /proc/cpuinfo calls them `flags`, on ARM `Features`. */
function flags(): ReadonlySet<string> {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  return new Set(line.trim().split(/\s+/));
}

/** The name of the mount that holds a directory: the longest one it begins with. */
function fileSystem(directory: string): string {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, at = '']) => at === '/' || directory === at || directory.startsWith(`${at}/`))
    .sort(([, a = ''], [, b = '']) => b.length - a.length);
  const free = statfsSync(directory);
  return `${mounts[0]?.[2] ?? 'unknown'}, ${((free.bavail * free.bsize) / 1e9).toFixed(0)} GB free`;
}
