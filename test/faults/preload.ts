/**
 * Loaded before a program (`node --import`): counts its calls that write or go over the network, and kills it at the
 * one that `FAULT_PLAN` names. The program itself is as it is.
 */
import { syncBuiltinESMExports } from 'node:module';
import { Calls } from './inject/calls.ts';
import { Disk } from './inject/disk.ts';
import { wrapFiles } from './inject/files.ts';
import { wrapNetwork, wrapSyncCommand } from './inject/network.ts';
import { type Plan, VARIABLE } from './inject/plan.ts';
import { wrapSqlite } from './inject/sqlite.ts';

const told = process.env[VARIABLE];
if (told !== undefined) {
  // Its children are themselves.
  delete process.env[VARIABLE];
  delete process.env.NODE_OPTIONS;
  const plan = JSON.parse(told) as Plan;
  const calls = new Calls(plan, plan.powerLoss && new Disk(plan.powerLoss));
  await wrapFiles(calls);
  wrapNetwork(calls);
  wrapSyncCommand(calls);
  wrapSqlite(calls);
  syncBuiltinESMExports();
}
