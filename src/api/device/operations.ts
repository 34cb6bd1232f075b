/** The table of operations: name, parameters, result. */
import type { z } from 'zod';
import { diffParams, diffResult } from './diff.ts';
import { consentParams, consentResult, waysFoundResult, waysUseParams } from './own-keys.ts';
import {
  areaAddParams,
  areaListResult,
  areaNameParams,
  areaRowSchema,
  deviceEndParams,
  deviceEndResult,
  initParams,
  ownerResult,
  phraseResult,
} from './owner.ts';
import { pruneParams, pruneResult } from './prune.ts';
import { restoreParams, restoreResult, verifyParams, verifyResult } from './restore.ts';
import { backupParams, backupResult } from './run.ts';
import { lsParams, lsResult, setsConfirmParams, setsConfirmResult, setsParams, setsResult } from './sets.ts';
import {
  shareAcceptParams,
  shareAcceptResult,
  shareCardParams,
  shareCardResult,
  shareCreateParams,
  sharedResult,
  shareEndParams,
  shareEndResult,
  shareListResult,
  sharePeopleResult,
  shareRestoreParams,
  shareRestoreResult,
  shareUpdateParams,
} from './share.ts';
import { sourceAddParams, sourceListResult, sourceRemoveParams, sourceRowSchema } from './sources.ts';
import {
  databasesResult,
  enrolParams,
  enrolResult,
  noParams,
  pingResult,
  refreshResult,
  statusResult,
  stopResult,
} from './terminal.ts';
import { waysParams, waysResult } from './ways.ts';

export const operations = {
  /** Who this terminal is and how it stands. Touches no network. */
  status: { params: noParams, result: statusResult },
  /** What the policy makes available, before anything is read (B9). */
  databases: { params: noParams, result: databasesResult },
  /** Makes this terminal a device of a user at a server (B1). */
  enrol: { params: enrolParams, result: enrolResult },
  /** Makes this terminal a device of a person, without a server (U4). */
  init: { params: initParams, result: ownerResult },
  /** Whose it is, by the owner record that it trusts. */
  owner: { params: noParams, result: ownerResult },
  phrase: { params: noParams, result: phraseResult },
  /** Where a server governs the device: takes the user's own keys in, beside the company's (U1). */
  waysUse: { params: waysUseParams, result: ownerResult },
  waysFound: { params: noParams, result: waysFoundResult },
  /** What policy wants to change about who opens personal data, and the user's answer. */
  consent: { params: consentParams, result: consentResult },
  /** Adds, replaces or removes a way in, and wraps what is stored for the new list (U5). */
  ways: { params: waysParams, result: waysResult },
  /** Ends a device of the owner's: what it signs from now on counts for nothing. */
  deviceEnd: { params: deviceEndParams, result: deviceEndResult },
  areaAdd: { params: areaAddParams, result: areaRowSchema },
  areaList: { params: noParams, result: areaListResult },
  areaRemove: { params: areaNameParams, result: areaListResult },
  /** Backups go there from now on. */
  areaUse: { params: areaNameParams, result: areaListResult },
  /** Fetches the newest policy message and sends what waits. */
  refresh: { params: noParams, result: refreshResult },
  sourceAdd: { params: sourceAddParams, result: sourceRowSchema },
  sourceList: { params: noParams, result: sourceListResult },
  sourceRemove: { params: sourceRemoveParams, result: sourceRowSchema },
  backup: { params: backupParams, result: backupResult },
  restore: { params: restoreParams, result: restoreResult },
  sets: { params: setsParams, result: setsResult },
  /** The mass change of a set was meant. */
  setsConfirm: { params: setsConfirmParams, result: setsConfirmResult },
  /** Deletes what no set needs that is to be kept (U3). */
  prune: { params: pruneParams, result: pruneResult },
  ls: { params: lsParams, result: lsResult },
  /** What has changed between two sets. */
  diff: { params: diffParams, result: diffResult },
  verify: { params: verifyParams, result: verifyResult },
  /** What another person needs to share with this one (N11). */
  shareCard: { params: shareCardParams, result: shareCardResult },
  /** Whom it can share with, and by what it is known who they are. */
  sharePeople: { params: noParams, result: sharePeopleResult },
  /** Shares items with a person, as they are now; again: as they are then. */
  shareCreate: { params: shareCreateParams, result: sharedResult },
  shareUpdate: { params: shareUpdateParams, result: sharedResult },
  shareList: { params: noParams, result: shareListResult },
  /** Nothing more is stored in it. */
  shareEnd: { params: shareEndParams, result: shareEndResult },
  /** Takes what another person shares, or its renewal; opens nothing yet. */
  shareAccept: { params: shareAcceptParams, result: shareAcceptResult },
  shareRestore: { params: shareRestoreParams, result: shareRestoreResult },
  /** Is an agent there? */
  ping: { params: noParams, result: pingResult },
  /** Ends the agent. */
  stop: { params: noParams, result: stopResult },
} as const;

export type Operations = typeof operations;
export type OperationName = keyof Operations;

/** Parameters as a caller writes them. */
export type ParamsOf<N extends OperationName> = z.input<Operations[N]['params']>;
export type ResultOf<N extends OperationName> = z.output<Operations[N]['result']>;

export const isOperation = (name: string): name is OperationName => Object.hasOwn(operations, name);
