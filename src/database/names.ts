/**
 * Names of databases (B16): those of the seed document, and what a name of the user's own may be.
 *
 * - `user`: what the user made, received or collected
 * - `service`: what the device needs to talk to its network, gateway and enterprise
 * - `system`: settings and state of the device and its applications
 */
export type DatabaseData = 'user' | 'service' | 'system';

export interface KnownDatabase {
  readonly name: string;
  readonly data: DatabaseData;
  /** It holds passwords or keys: not compressed unless a policy says so. */
  readonly secret: boolean;
}

/** A name is at most this many bytes of UTF-8. */
export const MAX_DATABASE_NAME = 200;

const user = [
  'Address Book',
  'Attachment Data',
  'Auto Text',
  'Browser Bookmarks',
  'Browser Channels',
  'Browser Folders',
  'Browser Messages',
  'Browser URLs',
  'Calendar',
  'Categories',
  'Content Store',
  'Custom Words Collection',
  'Device Messenger',
  'Email Filters',
  'Folders',
  'Handheld Key Store',
  'Map Locations',
  'Memos',
  'Messages',
  'MMS Messages',
  'Passwords',
  'PGP Key Store',
  'Phone Call Logs',
  'Phone Hotlist',
  'PIN Messages',
  'Profiles',
  'Purged Messages',
  'Quick Contacts',
  'Recipient Cache',
  'Saved Email Messages',
  'Searches',
  'SMS Messages',
  'Tasks',
  'Trusted Key Store',
  'WAP Push Messages',
] as const;

const service = [
  'Browser Push Options',
  'Default Service Selector',
  'Email Settings',
  'Enterprise Configuration',
  'Handheld Configuration',
  'Policy',
  'Service Book',
  'TLS Options',
  'WTLS Options',
] as const;

const system = [
  'Address Book Options',
  'Alarm Options',
  'Application Permissions',
  'Attachment Options',
  'Bluetooth Options',
  'Browser Data Cache',
  'Browser Options',
  'Calendar Options',
  'Certificate Options',
  'Device Options',
  'File Explorer Options',
  'Firewall Options',
  'Folder IDs',
  'Handheld Agent',
  'Input Learning Data',
  'Input Method Switcher Option',
  'Key Store Manager',
  'Key Store Options',
  'MemoPad Options',
  'Memory Cleaner Options',
  'Message List Options',
  'MMS Options',
  'Options',
  'Password Options',
  'Phone Options',
  'Profile Options',
  'Random Pool',
  'Ribbon Bar Positions',
  'RMS Databases',
  'Secure Email Decision Maker',
  'Setup Wizard Options',
  'Smart Card Options',
  'Suretype Options',
  'Tasks Options',
  'Time Zones',
  'Voice Activated Dialing Options',
] as const;

const secrets: ReadonlySet<string> = new Set([
  'Handheld Key Store',
  'Key Store Manager',
  'Passwords',
  'PGP Key Store',
  'Random Pool',
  'Trusted Key Store',
]);

const known = (names: readonly string[], data: DatabaseData): readonly KnownDatabase[] =>
  names.map((name) => ({ name, data, secret: secrets.has(name) }));

/** The databases that the seed document names, user data first. */
export const knownDatabases: readonly KnownDatabase[] = [
  ...known(user, 'user'),
  ...known(service, 'service'),
  ...known(system, 'system'),
];

const byName: ReadonlyMap<string, KnownDatabase> = new Map(
  knownDatabases.map((entry) => [entry.name, entry]),
);

/** What is known about a name; a name of the user's own is user data. */
export const describeDatabase = (name: string): KnownDatabase =>
  byName.get(name) ?? { name, data: 'user', secret: false };

/** Free text of 1 to 200 bytes without control characters, not beginning or ending with a blank. */
export function isDatabaseName(name: unknown): name is string {
  if (typeof name !== 'string' || name === '' || name.length > MAX_DATABASE_NAME) return false;
  if (name !== name.trim() || !name.isWellFormed() || /\p{Cc}/u.test(name)) return false;
  return new TextEncoder().encode(name).length <= MAX_DATABASE_NAME;
}
