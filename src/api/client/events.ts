/** One server-sent event (WHATWG HTML §9.2). */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
  /** A field of ours, which others ignore. */
  readonly spread: string | undefined;
}

/** Longest line, and longest data of an event, in characters: events of ours have a number in them. */
const MAX_LINE = 64 * 1024;

/**
 * Parses a stream of server-sent events. `undefined` for each piece that held no event: a heartbeat.
 *
 * @throws RangeError when a line or an event is too long
 */
export async function* parseEvents(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerEvent | undefined, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  let fields: Fields = {};
  for await (const piece of bytes) {
    let text = rest + decoder.decode(piece, { stream: true });
    // A line may end in CR, LF or both: a CR at the very end waits for what follows.
    rest = '';
    if (text.endsWith('\r')) {
      text = text.slice(0, -1);
      rest = '\r';
    }
    const lines = text.split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? '') + rest;
    if (rest.length > MAX_LINE) throw new RangeError('a line of the stream is too long');
    let found = false;
    for (const line of lines) {
      if (line !== '') {
        addField(fields, line);
        if ((fields.data?.length ?? 0) > MAX_LINE) throw new RangeError('an event of the stream is too long');
        continue;
      }
      const { data, event = 'message', id, spread } = fields;
      fields = {};
      if (data === undefined) continue;
      found = true;
      yield { event, data, id, spread };
    }
    if (!found) yield undefined;
  }
}

interface Fields {
  event?: string;
  data?: string;
  id?: string;
  spread?: string;
}

function addField(fields: Fields, line: string): void {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'data') fields.data = fields.data === undefined ? value : `${fields.data}\n${value}`;
  else if (name === 'event') fields.event = value;
  else if (name === 'spread') fields.spread = value;
  else if (name === 'id' && !value.includes('\0')) fields.id = value;
}
