/**
 * SMS XML: what the Android application SMS Backup & Restore writes: `<smses>` with an element for each SMS (`sms`)
 * and MMS (`mms`, with its parts and addresses), or `<calls>` with an element for each call.
 *
 * Its files are not quite XML: an emoji is written as references to two surrogates (`&#55357;&#56832;`), and `&#0;`
 * occurs, both of which every conforming parser refuses. So tags are found by a scanner of our own, which needs
 * nothing but quotes and angle brackets; references are repaired for reading only, the bytes stay as they are.
 */
export { smsXmlCutter } from './cutter.ts';
export * from './errors.ts';
