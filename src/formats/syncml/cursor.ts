/**
 * The two roles that keep the content of a document apart from its encoding: a cursor reads elements in the order
 * in which they must come, a sink writes them. WBXML and XML have one of each.
 */

/** An element type, by XML's means; the tags of a WBXML vocabulary are such names too. */
export interface Name {
  readonly name: string;
  readonly namespace: string;
}

export interface Cursor<T extends Name> {
  /** Whether the next thing is the beginning of this element. */
  at(tag: T): boolean;
  /** Enters this element. @throws when something else comes */
  enter(tag: T): void;
  /** Reads the one text of the element entered, not empty, at most `limit` bytes. */
  text(limit: number): string;
  /** Reads the one frame of the element entered. */
  frame(): { readonly bytes: Uint8Array; readonly offset: number };
  /** Leaves the element entered last. @throws when there is more in it */
  leave(): void;
  /** Nothing may follow. */
  end(): void;
}

export interface Sink<T extends Name> {
  enter(tag: T): void;
  leave(): void;
  /** An element without content. */
  empty(tag: T): void;
  text(text: string): void;
  /** Here the next frame is put in; it has this many bytes. */
  frame(length: number): void;
}

/** Writes an element that holds nothing but a text. */
export function writeText<T extends Name>(sink: Sink<T>, tag: T, text: string): void {
  sink.enter(tag);
  sink.text(text);
  sink.leave();
}

/** Reads an element that holds nothing but a text of at most `limit` bytes. */
export function readText<T extends Name>(cursor: Cursor<T>, tag: T, limit: number): string {
  cursor.enter(tag);
  const text = cursor.text(limit);
  cursor.leave();
  return text;
}
