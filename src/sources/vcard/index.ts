/**
 * vCard: an address book as a `.vcf` file, or as a folder of them (not below it), each with any number of cards of
 * any version. An item is one card: its exact bytes from `BEGIN` to behind the line end of `END`.
 *
 * - uid: the card's `UID`. A card without one, or with one that an earlier card has, is named by its content:
 *   `sha256:` and 32 hex digits over the card without `END` and line ends, then `#2`, `#3` ... for further cards
 *   that are the same. Editing such a card makes it another item.
 * - A card without `END` goes up to the next `BEGIN`. A file that ends inside a card after others was cut short:
 *   the listing fails, so that nothing counts as deleted (U6). So does one that cannot be read.
 * - Cards come in order of uid; the attribute `position` is their order in the files.
 *
 * Writing back is staged beside the file and takes its place at `commit`, by one rename a file. Everything that is
 * not a replaced card stays byte for byte. New cards go to the end of the file, in order of `position`; in a folder
 * each to a file of its own, named after its uid. A card that lacks its line end or `END` gets them when another
 * follows it. Keeping both adds the restored card under a new `UID` made from its content: two cards of one uid
 * would be one to every application. That line is the only one that is not restored as it was.
 */
export { type VcardOptions, vcardSource } from './source.ts';
