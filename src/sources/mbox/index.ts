/**
 * Mbox: mail as an mbox file (mboxrd), or a folder of them (not below it), as `records` has them.
 *
 * - An item is one message with its `From ` line, up to the next such line: the exact bytes, quoting included.
 * - uid: its `Message-ID`, in angle brackets; further messages of that id get `#2`, `#3` ... A message without one is
 *   named by its content.
 * - A line that begins with `From ` begins a message when a whole date follows in it; behind a blank line also when
 *   a time of day follows, or nothing but a sender. So a line of text that was not quoted seldom does.
 * - In a folder these are the files `*.mbox` and `*.mbx`, and those that begin with `From `.
 * - Not backed up: what a mail program keeps beside them, such as `.msf` indexes.
 *
 * A restored message goes to where it stood, else to the end, behind a blank line. Whoever delivers mail to the file
 * at that moment is found out before it is replaced, but does not know of a lock: restore while nothing delivers.
 */
import type { Source } from '../../database/index.ts';
import type { PlaceOptions } from '../files/index.ts';
import { recordSource } from '../records/index.ts';
import { mbox } from './mbox.ts';

export const mboxSource = (options: PlaceOptions): Source => recordSource(mbox, options);
