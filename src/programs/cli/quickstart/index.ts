/**
 * Quickstart: the main job as a play in acts, with the real programs on free ports of this computer. A company's server
 * and a storage that can read nothing; a phone that backs up what policy allows; a second phone of the same user
 * that gets it back; and everyone else, who is refused. Each act checks what it shows.
 */
export { runQuickstart } from './play.ts';
