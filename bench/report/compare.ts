/** Two reports side by side: newer through older, for what both have measured. */
import { type Measured, phases } from '../contenders/index.ts';
import { grid } from './grid.ts';
import { cpuOf, median, peakOf, type Report, type Result, storedOf, wallOf } from './values.ts';

const columns: readonly (readonly [string, (measured: Measured) => number])[] = [
  ['wall', wallOf],
  ['CPU', cpuOf],
  ['peak', peakOf],
  ['stored', storedOf],
];

/** A ratio in brackets lies within what the repetitions of one report vary by. */
export function compare(older: Report, newer: Report): string {
  const rows = newer.runs.flatMap((run) => {
    const before = older.runs.find(({ label }) => label === run.label);
    return phases.flatMap((phase) =>
      run.results
        .filter((result) => result.phase === phase)
        .flatMap((result) => {
          const then = before?.results.find(
            ({ contender, phase: other }) => contender === result.contender && other === phase,
          );
          return then
            ? [[run.label, phase, result.contender, ...columns.map(([, of]) => ratio(then, result, of))]]
            : [];
        }),
    );
  });
  const versions = Object.entries(newer.contenders).flatMap(([name, { version }]) => {
    const before = older.contenders[name]?.version;
    return before === undefined || before === version ? [] : [`${name}: ${before} → ${version}`];
  });
  const machine = older.machine.cpu === newer.machine.cpu ? [] : ['The machines differ.'];
  const table = grid(['size', 'phase', 'contender', ...columns.map(([name]) => `${name} ×`)], rows, 3);
  return [...machine, ...versions, table].join('\n\n');
}

function ratio(then: Result, now: Result, of: (measured: Measured) => number): string {
  const [a, b] = [then.measured.map(of), now.measured.map(of)];
  const text = (median(b) / median(a)).toFixed(2);
  const overlap = Math.min(...b) <= Math.max(...a) && Math.min(...a) <= Math.max(...b);
  return overlap ? `(${text})` : text;
}
