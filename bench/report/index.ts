/** Report: what was measured, for people and for the next commit. */
export { compare } from './compare.ts';
export { type GoalRow, goals } from './goals.ts';
export { dominating } from './profile.ts';
export { writeInto } from './readme.ts';
export { describeReport } from './table.ts';
export { median, type Report, type Result, type Run } from './values.ts';
