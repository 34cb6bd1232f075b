/** What `share` says of what was done. */
import type {
  SharedResult,
  ShareEndResult,
  ShareListResult,
  SharePeopleResult,
  ShareRestoreResult,
} from '../../../api/device/index.ts';
import { count, dateTime, type Output, printable } from '../output/index.ts';
import { freshness } from './words.ts';

export function describeShared(output: Output, result: SharedResult, out: string | undefined): string {
  const { share, person, set, databases, leftOut, invitation } = result;
  const rows = databases.map((row) => [
    row.database,
    ...[row.items, row.added, row.changed, row.deleted].map(String),
  ]);
  return [
    output.table(
      [
        { title: 'DATABASE' },
        ...['ITEMS', 'NEW', 'CHANGED', 'GONE'].map((title) => ({ title, right: true })),
      ],
      rows,
    ),
    ...leftOut.map(
      ({ database, item, reason }) => `left out: ${[database, item].filter(Boolean).join(' / ')}: ${reason}`,
    ),
    printable(`share ${share} with ${person}: number ${set.counter} is stored${vouchedBy(result)}`),
    ...(out === undefined && result.vouched
      ? [printable(`${person} finds it by: holdfast share list, and takes it by: holdfast share accept`)]
      : []),
    ...(invitation && out !== undefined
      ? [
          printable(
            `${out} is the invitation: give it to ${person}; access until ${dateTime(invitation.expires)}`,
          ),
          printable(`your fingerprint, to be read to ${person}: ${invitation.fingerprint}`),
        ]
      : []),
  ].join('\n');
}

export function describePeople(output: Output, { people }: SharePeopleResult): string {
  if (people.length === 0) return 'there is nobody to share with yet';
  return output.table(
    [{ title: 'WHO' }, { title: 'KNOWN BY' }],
    people.map(({ name, known, by }) => [
      name,
      by === 'fingerprint'
        ? 'fingerprint'
        : known
          ? "the company's server"
          : "the company's server, when first used",
    ]),
  );
}

export function describeShares(output: Output, { given, taken, offered = [] }: ShareListResult): string {
  if (given.length + taken.length + offered.length === 0) return 'nothing is shared';
  const rows = [
    ...given.map((row) => [
      row.share,
      `with ${row.person}`,
      `${row.databases.join(', ')}${row.items === undefined ? '' : ` (${count(row.items, 'item')})`}`,
      row.last ? String(row.last.counter) : '',
      row.ended !== undefined
        ? `ended ${dateTime(row.ended)}`
        : row.expires
          ? dateTime(row.expires)
          : row.colleague
            ? 'it ends'
            : 'not invited',
    ]),
    ...taken.map((row) => [
      row.share,
      `from ${row.person}`,
      '',
      row.last ? String(row.last.counter) : '',
      row.expires ? dateTime(row.expires) : 'it ends',
    ]),
    ...offered.map((row) => [row.share, `from ${row.person}`, 'not accepted yet', '', '']),
  ];
  return [
    output.table(
      [
        { title: 'SHARE' },
        { title: 'WHO' },
        { title: 'WHAT' },
        { title: 'NUMBER', right: true },
        { title: 'ACCESS UNTIL' },
      ],
      rows,
    ),
    ...given
      .filter(({ ended, fingerprint }) => ended === undefined && fingerprint !== undefined)
      .map(({ share, fingerprint }) => `your fingerprint in the invitation of ${share}: ${fingerprint}`),
  ].join('\n');
}

export function describeEnd({ share, person, deleted, kept, expires }: ShareEndResult): string {
  const until = expires === undefined ? '' : `; what stays can be read until ${dateTime(expires)}`;
  const rest =
    kept === 'no-way'
      ? `what is stored stays: delete it with a way in at hand, by the same command with --wim${until}`
      : kept === 'append-only'
        ? `the storage area keeps everything: nothing can be deleted there${until}`
        : `${count(deleted, 'object')} deleted`;
  return printable(
    `share ${share} with ${person} has ended: nothing more is stored in it; ${rest}. What ${person} has read stays read.`,
  );
}

export function describeRestore(output: Output, result: ShareRestoreResult): string {
  const rows = result.databases.map((row) => [
    row.database,
    row.target,
    ...[row.added, row.replaced, row.kept, row.keptBoth].map(String),
  ]);
  const { set } = result;
  return [
    output.table(
      [
        ...['DATABASE', 'TO'].map((title) => ({ title })),
        ...['ADDED', 'REPLACED', 'KEPT', 'BESIDE'].map((title) => ({ title, right: true })),
      ],
      rows,
    ),
    ...result.leftOut.map(
      ({ database, item, reason }) => `left out: ${[database, item].filter(Boolean).join(' / ')}: ${reason}`,
    ),
    printable(
      `${result.dryRun ? 'dry run, nothing was written: ' : ''}shared by ${result.person}: number ${set.counter} of ${dateTime(set.time)}; ${freshness(result.freshness)}`,
    ),
  ].join('\n');
}

/** Who vouches for whom, where nobody has compared a fingerprint. */
export const vouchedBy = ({
  person,
  vouched,
}: {
  readonly person: string;
  readonly vouched?: 'server' | undefined;
}): string => (vouched === undefined ? '' : ` (that they are ${person}, your company's server says)`);
