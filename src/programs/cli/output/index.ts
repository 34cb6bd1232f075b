/**
 * Output: what a command says. Results and entries go to standard output, for people as text and aligned tables,
 * with `--json` as JSON; progress, notices and failures go to standard error (with `--json` progress is a line of
 * standard output too, told apart by its `kind`). Nothing that came from elsewhere reaches a terminal unescaped.
 */
export { describeFailure, type Failure, type Problem } from './failure.ts';
export { bytes, count, dateTime, duration, printable } from './format.ts';
export { Output, type OutputOptions } from './output.ts';
export { ProgressLine, type ProgressStep } from './progress.ts';
export type { Stream } from './stream.ts';
export { type Column, table } from './table.ts';
