import { LineCutter, type LineJudge, type Verdict } from '../cut/index.ts';
import { MessageFacts } from './message.ts';

/**
 * A part is a message from its `From ` line to the next one, with the blank line that stands before that. What
 * comes before the first message is a gap.
 */
export const mboxCutter = (): LineCutter => new LineCutter(new MboxJudge(), false);

class MboxJudge implements LineJudge {
  #afterBlank = true;
  #facts = new MessageFacts();
  /** Of the message that ended where the open one begins. */
  #ended: MessageFacts | undefined;
  #messages = 0;
  #empty = true;

  judge(head: Uint8Array): Verdict {
    const separates = isFromLine(head, this.#afterBlank);
    this.#afterBlank = head.length === 0;
    this.#empty &&= head.length === 0;
    if (!separates) {
      if (this.#messages > 0) this.#facts.line(head);
      return 'inside';
    }
    if (this.#messages++ > 0) this.#ended = this.#facts;
    this.#facts = new MessageFacts(textOf(head));
    return 'begin';
  }

  facts() {
    const facts = this.#ended ?? this.#facts;
    this.#ended = undefined;
    return facts.end();
  }

  damage(): string | undefined {
    return this.#messages > 0 || this.#empty
      ? undefined
      : 'no message in it begins with "From ": it is no mbox';
  }
}

/** `From sender Sun Dec 25 21:33:37 2011`: with such a date it separates wherever it stands. */
const DATED =
  /^From .*\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(\d{1,2} )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b.*\d:\d\d/;
/** With a time of day, or nothing but a sender: only behind a blank line. */
const PLAIN = /\d:\d\d|^From \S*\s*$/;

/** Not every writer quotes lines of the text that begin with `From `: most of those are none of these. */
function isFromLine(head: Uint8Array, afterBlank: boolean): boolean {
  if (head[0] !== 0x46 || head[1] !== 0x72 || head[4] !== 0x20) return false;
  const text = textOf(head);
  return text.startsWith('From ') && (DATED.test(text) || (afterBlank && PLAIN.test(text)));
}

const textOf = (head: Uint8Array): string => new TextDecoder('latin1').decode(head.subarray(0, 512));
