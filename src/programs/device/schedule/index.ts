/**
 * Schedule: when a device backs up by itself (U8). `plan.ts` says when, from what policy says and what is recorded;
 * `record.ts` keeps the last success, attempt and failure of each storage area; `machine.ts` asks the system whether
 * now is a bad time; `keeper.ts` is the loop of the agent that waits and runs. A backup that is asked for by hand
 * goes into the same record (`attempt.ts`), and so does pruning and verifying (`upkeep-record.ts`), which the agent does
 * after a backup when it is time (`upkeep.ts`).
 */
export * from './attempt.ts';
export * from './keeper.ts';
export * from './machine.ts';
export * from './plan.ts';
export * from './record.ts';
export * from './silence.ts';
export * from './upkeep.ts';
export * from './upkeep-record.ts';
