/** A report as Markdown: the machine, a table of phases for each amount, what dominates, and the goals. */
import { type Measured, own, phases, reference } from '../contenders/index.ts';
import { machineLine } from '../measure/index.ts';
import { goals } from './goals.ts';
import { grid } from './grid.ts';
import { cpuOf, median, type Report, type Result, type Run, servicesPeakOf, wallOf } from './values.ts';

export function describeReport(report: Report): string {
  const met = goals(report);
  return [
    `${report.date}; ${machineLine(report.machine)}.`,
    durability(report),
    start(report),
    ...report.runs.flatMap((run) => [title(run), phaseTable(run), dominates(run)]),
    met.length === 0
      ? ''
      : grid(
          ['goal', 'limit', 'measured', ''],
          met.map((row) => [row.goal, row.limit, row.measured, row.verdict]),
          1,
        ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function title({ label, amount, changed }: Run): string {
  const change = changed
    ? `; changed: ${changed.files.toLocaleString('en-US')} files, ${(changed.bytes / 1e6).toFixed(2)} MB written`
    : '';
  return `**${label}**: ${amount.files.toLocaleString('en-US')} files, ${(amount.bytes / 1e6).toFixed(0)} MB${change}`;
}

const durability = ({ contenders }: Report): string =>
  `${grid(
    ['contender', 'version', 'on disk when a phase ends'],
    Object.entries(contenders).map(([name, { version, durable }]) => [name, version, durable]),
    3,
  )}

What was restored is on disk for all of them: ours waits for that, after the others \`sync -f\` does.`;

const start = ({ start: found }: Report): string =>
  found
    ? `\`holdfast --version\` takes ${ms(found.holdfast)} ms of CPU, Node doing nothing ${ms(found.node)} ms.`
    : '';

const ms = (seconds: number): string => (seconds * 1000).toFixed(0);

const HEAD = [
  ...['phase', 'contender', 'wall s', 'spread', 'CPU s', 'µs/file', 'peak MiB', 'beside MiB'],
  ...['stored MB', 'added MB', 'wall ×', 'CPU ×'],
];

/** Medians; `×` is the share of restic's. */
function phaseTable(run: Run): string {
  const rows = phases.flatMap((phase) => {
    const here = run.results.filter((result) => result.phase === phase);
    const other = here.find(({ contender }) => contender === reference.name);
    return here.map((result) => row(result, other, run));
  });
  return [grid(HEAD, rows), proxy(run)].filter((part) => part !== '').join('\n\n');
}

function row({ contender, phase, measured }: Result, other: Result | undefined, { amount }: Run): string[] {
  const of = (value: (one: Measured) => number): number => median(measured.map(value));
  const walls = measured.map(wallOf);
  const [wall, cpu] = [of(wallOf), of(cpuOf)];
  const ratio = (mine: number, value: (one: Measured) => number): string =>
    other && other.contender !== contender ? (mine / median(other.measured.map(value))).toFixed(2) : '';
  const beside = of(servicesPeakOf);
  return [
    phase,
    contender,
    wall.toFixed(2),
    `${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)}`,
    cpu.toFixed(2),
    ((cpu / amount.files) * 1e6).toFixed(0),
    (of(({ peak }) => peak) / 2 ** 20).toFixed(0),
    beside === 0 ? '' : (beside / 2 ** 20).toFixed(0),
    (of(({ stored }) => stored) / 1e6).toFixed(2),
    (of(({ added }) => added) / 1e6).toFixed(2),
    ratio(wall, wallOf),
    ratio(cpu, cpuOf),
  ];
}

/** What stands in for a web server is not ours: said, and not counted. */
function proxy({ results }: Run): string {
  const used = results
    .filter(({ measured }) => measured.some((one) => one.proxy !== undefined))
    .map(({ phase, measured }) => `${phase} ${median(measured.map((one) => one.proxy ?? 0)).toFixed(2)} s`);
  return used.length === 0 ? '' : `CPU of the TLS proxies, not counted above: ${used.join(', ')}.`;
}

function dominates({ dominates: lines = {} }: Run): string {
  const rows = phases.flatMap((phase) => (lines[phase] === undefined ? [] : [[phase, lines[phase]]]));
  return rows.length === 0
    ? ''
    : grid(['phase', `what dominates the CPU of ${own.name}'s device (profile of a run of its own)`], rows);
}
