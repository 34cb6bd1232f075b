/**
 * The vocabularies of SyncML, as data: OMA-TS-SyncML_RepPro-V1_2 (code page 0), OMA-TS-SyncML_MetaInfo-V1_2 (code
 * page 1), OMA-TS-SyncML_DevInf-V1_2 (a vocabulary of its own). Versions 1.0 and 1.1 use the first tokens of the
 * same tables, so one table serves all; only namespaces and identifiers differ.
 */
import { defineVocabulary, type Vocabulary } from './vocabulary.ts';

// biome-ignore format: a table, eight tokens a line, from 0x05 on
const syncmlNames = [
  'Add', 'Alert', 'Archive', // 0x05
  'Atomic', 'Chal', 'Cmd', 'CmdID', 'CmdRef', 'Copy', 'Cred', 'Data', // 0x08
  'Delete', 'Exec', 'Final', 'Get', 'Item', 'Lang', 'LocName', 'LocURI', // 0x10
  'Map', 'MapItem', 'Meta', 'MsgID', 'MsgRef', 'NoResp', 'NoResults', 'Put', // 0x18
  'Replace', 'RespURI', 'Results', 'Search', 'Sequence', 'SessionID', 'SftDel', 'Source', // 0x20
  'SourceRef', 'Status', 'Sync', 'SyncBody', 'SyncHdr', 'SyncML', 'Target', 'TargetRef', // 0x28
  undefined, 'VerDTD', 'VerProto', 'NumberOfChanges', 'MoreData', 'Field', 'Filter', 'Record', // 0x30
  'FilterType', 'SourceParent', 'TargetParent', 'Move', 'Correlator', // 0x38
] as const;

// biome-ignore format: a table, eight tokens a line, from 0x05 on
const metinfNames = [
  'Anchor', 'EMI', 'Format', // 0x05
  'FreeID', 'FreeMem', 'Last', 'Mark', 'MaxMsgSize', 'Mem', 'MetInf', 'Next', // 0x08
  'NextNonce', 'SharedMem', 'Size', 'Type', 'Version', 'MaxObjSize', 'FieldLevel', // 0x10
] as const;

// biome-ignore format: a table, eight tokens a line, from 0x05 on
const devinfNames = [
  'CTCap', 'CTType', 'DataStore', // 0x05
  'DataType', 'DevID', 'DevInf', 'DevTyp', 'DisplayName', 'DSMem', 'Ext', 'FwV', // 0x08
  'HwV', 'Man', 'MaxGUIDSize', 'MaxID', 'MaxMem', 'Mod', 'OEM', 'ParamName', // 0x10
  'PropName', 'Rx', 'Rx-Pref', 'SharedMem', 'MaxSize', 'SourceRef', 'SwV', 'SyncCap', // 0x18
  'SyncType', 'Tx', 'Tx-Pref', 'ValEnum', 'VerCT', 'VerDTD', 'XNam', 'XVal', // 0x20
  'UTC', 'SupportNumberOfChanges', 'SupportLargeObjs', 'Property', 'PropParam', 'MaxOccur', 'NoTruncate', undefined, // 0x28
  'Filter-Rx', 'FilterCap', 'FilterKeyword', 'FieldLevel', 'SupportHierarchicalSync', // 0x30
] as const;

/** Namespace of code page 1. */
export const METINF = 'syncml:metinf';

/** Namespace of code page 0 of SyncML 1.2. */
export const SYNCML12 = 'SYNCML:SYNCML1.2';

const syncml = (version: string, publicId: number): Vocabulary =>
  defineVocabulary(`-//SYNCML//DTD SyncML ${version}//EN`, publicId, [
    { namespace: `SYNCML:SYNCML${version}`, names: syncmlNames },
    { namespace: METINF, names: metinfNames },
  ]);

const devinf = (version: string, publicId: number): Vocabulary =>
  defineVocabulary(`-//SYNCML//DTD DevInf ${version}//EN`, publicId, [
    { namespace: 'syncml:devinf', names: devinfNames },
  ]);

export const syncml12 = syncml('1.2', 0x1201);

/** Every vocabulary that a reader knows when it is not told otherwise. */
export const vocabularies: readonly Vocabulary[] = [
  syncml12,
  syncml('1.1', 0x0fd3),
  syncml('1.0', 0x0fd1),
  devinf('1.2', 0x1203),
  devinf('1.1', 0x0fd4),
  devinf('1.0', 0x0fd2),
];
