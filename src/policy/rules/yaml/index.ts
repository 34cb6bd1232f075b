/**
 * Policy text: a policy file as an administrator types it, in YAML 1.2 or JSON (which is YAML too). Only plain
 * data is read: no tags of one's own, few aliases, no key twice. It has a door of its own because devices never
 * read such text and need not load a YAML parser.
 */
export { MAX_POLICY_TEXT, readPolicy } from './read.ts';
