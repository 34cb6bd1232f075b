import { firstBackup, nextBackup, storageDies } from './backup.ts';
import type { Scenario } from './scenario.ts';

export type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [firstBackup, nextBackup, storageDies];
