/** Report: what was measured, as a table with ratios to restic in the same run. */
import { cpus, loadavg, totalmem } from 'node:os';
import { type Measured, type Phase, phases, reference } from './contenders/index.ts';
import type { Amount } from './data/index.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: number;
  readonly node: string;
  /** Processes that wanted a core, on average over the last minute, before the first measurement. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Result {
  readonly contender: string;
  readonly phase: Phase;
  /** One a repetition. */
  readonly measured: readonly Measured[];
}

export interface Report {
  readonly machine: Machine;
  readonly size: string;
  readonly amount: Amount;
  readonly results: readonly Result[];
}

export const machine = (versions: Machine['versions']): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memory: totalmem(),
  node: process.versions.node,
  load: loadavg()[0]!,
  versions,
});

const HEAD = ['phase', 'contender', 'wall s', 'spread', 'CPU s', 'peak MiB', 'stored MB', 'wall ×', 'CPU ×'];

/** Medians; `×` is the share of restic's. */
export function table({ machine: on, amount, results }: Report): string {
  const rows = phases.flatMap((phase) => {
    const here = results.filter((result) => result.phase === phase);
    const other = here.find(({ contender }) => contender === reference.name);
    return here.map((result) => row(result, other));
  });
  return [
    `${amount.files.toLocaleString('en-US')} files, ${(amount.bytes / 1e6).toFixed(0)} MB`,
    `${on.cores} cores (${on.cpu}), ${(on.memory / 2 ** 30).toFixed(0)} GiB, Node ${on.node}; load before: ${on.load.toFixed(1)}`,
    ...Object.values(on.versions),
    '',
    ...align([HEAD, HEAD.map((title) => '-'.repeat(title.length)), ...rows]),
  ].join('\n');
}

function row({ contender, phase, measured }: Result, other: Result | undefined): string[] {
  const walls = measured.map(({ wall }) => wall);
  const [wall, cpu] = [median(walls), median(measured.map((one) => one.cpu))];
  const ratio = (mine: number, of: (one: Measured) => number): string =>
    other && other.contender !== contender ? (mine / median(other.measured.map(of))).toFixed(2) : '';
  return [
    phase,
    contender,
    wall.toFixed(2),
    `${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)}`,
    cpu.toFixed(2),
    (median(measured.map(({ peak }) => peak)) / 2 ** 20).toFixed(0),
    (median(measured.map(({ stored }) => stored)) / 1e6).toFixed(1),
    ratio(wall, (one) => one.wall),
    ratio(cpu, (one) => one.cpu),
  ];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** As a Markdown table that is aligned as plain text too. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  return rows.map((cells, line) => {
    const padded = cells.map((cell, i) =>
      line === 1 ? '-'.repeat(widths[i]!) : i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
    );
    return `| ${padded.join(' | ')} |`;
  });
}
