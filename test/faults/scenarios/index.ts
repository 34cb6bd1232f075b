import { firstBackup, longBackup, nextBackup, storageDies } from './backup.ts';
import { backupFile, replacedFile } from './backup-file.ts';
import { enrolOnDevice, enrolOnServer } from './enrolment.ts';
import { largeBackup } from './large.ts';
import { policyOnDevice, policyOnServer } from './policy.ts';
import { prune, pruneStorage } from './prune.ts';
import { restoreFiles, writeBack } from './restore.ts';
import type { Scenario } from './scenario.ts';

export type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [
  ...[enrolOnDevice, enrolOnServer, firstBackup, nextBackup, longBackup, storageDies],
  ...[
    restoreFiles,
    writeBack,
    prune,
    pruneStorage,
    policyOnDevice,
    policyOnServer,
    backupFile,
    replacedFile,
    largeBackup,
  ],
];
