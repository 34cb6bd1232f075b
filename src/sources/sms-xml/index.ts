/**
 * SMS XML: messages or calls as the Android application SMS Backup & Restore exports them, in a file or a folder of
 * them (not below it), as `records` has them.
 *
 * - An item is one element `sms`, `mms` (with its media) or `call`: the exact bytes from `<` to `>`.
 * - uid: its name and a hash of what identifies it, which is type, address, date and body of an SMS; box, address,
 *   date, ids and type of an MMS; type, number, date and duration of a call. Further ones that are alike get `#2`,
 *   `#3` ... So `read` or the name of a contact may change, and it is the same message.
 * - In a folder a file `.xml` of another kind is reported and left out.
 *
 * The attribute `count` of the root is kept right when items are added. In a folder, items that came from no named
 * file go into `sms.xml` or `calls.xml`. Into a file that was cut short they go
 * before what broke off.
 */
import type { Source } from '../../database/index.ts';
import type { PlaceOptions } from '../files/index.ts';
import { recordSource } from '../records/index.ts';
import { smsXml } from './sms-xml.ts';

export const smsXmlSource = (options: PlaceOptions): Source => recordSource(smsXml, options);
