/**
 * Globs over paths and labels. `*` is anything within one component, `?` one character, `**` as a whole
 * component any number of components (also none), `{a,b}` either; a backslash takes the meaning away from the
 * character behind it, and every other character is itself.
 *
 * A file's name is chosen by anyone, so matching must not be made slow by it: no regular expressions, and time
 * within (length of the glob) x (length of the text). Both are compared in Unicode normal form C, for `ü` is one
 * character on one system and two on another.
 */

export const MAX_GLOB = 256;
const MAX_ALTERNATIVES = 64;

const MANY = Symbol('any number');
const ONE = Symbol('any one');

type Char = string | typeof ONE;
type Chars = readonly (Char | typeof MANY)[];
/** A component without wildcards is compared as a string. */
type Component = string | Chars;
type Components = readonly (Component | typeof MANY)[];

/** @throws SyntaxError that says what is wrong with the glob. */
export function compileGlob(glob: string): (text: string) => boolean {
  if (glob === '' || glob.length > MAX_GLOB) throw new SyntaxError(`has to have 1 to ${MAX_GLOB} characters`);
  const alternatives = expand(glob.normalize('NFC')).map(components);
  return (text) => {
    const parts = text.normalize('NFC').split('/');
    return alternatives.some((pattern) => matches(pattern, parts, matchesComponent));
  };
}

function matchesComponent(pattern: Component, text: string): boolean {
  return typeof pattern === 'string' ? pattern === text : matches(pattern, [...text], matchesChar);
}

const matchesChar = (pattern: Char, char: string): boolean => pattern === ONE || pattern === char;

/** Wildcard matching that only ever goes back to the last MANY: an earlier one could not help. */
function matches<P, E>(
  pattern: readonly (P | typeof MANY)[],
  elements: readonly E[],
  matchesOne: (pattern: P, element: E) => boolean,
): boolean {
  let p = 0;
  let resume = -1;
  let taken = 0;
  for (let i = 0; i < elements.length; ) {
    const wanted = pattern[p];
    if (wanted === MANY) {
      resume = ++p;
      taken = i;
    } else if (p < pattern.length && matchesOne(wanted as P, elements[i]!)) {
      p++;
      i++;
    } else if (resume >= 0) {
      p = resume;
      i = ++taken;
    } else return false;
  }
  while (pattern[p] === MANY) p++;
  return p === pattern.length;
}

/** A character that was escaped has its backslash still in front, so that it is never special. */
type Piece = string;

/** Multiplies `{a,b}` out. */
function expand(glob: string): Piece[][] {
  let done: Piece[][] = [[]];
  let open: Piece[][] | undefined;
  // Consumes escapes together with what they escape; a lone backslash at the end stays alone.
  for (const piece of glob.match(/\\.|./gsu) ?? []) {
    if (piece === '\\') throw new SyntaxError('ends with a backslash');
    if (piece === '{') {
      if (open) throw new SyntaxError('has braces within braces');
      open = [[]];
    } else if (piece === '}' && open) {
      const choices: Piece[][] = open;
      done = done.flatMap((before) => choices.map((choice) => [...before, ...choice]));
      if (done.length > MAX_ALTERNATIVES) throw new SyntaxError('has too many alternatives in braces');
      open = undefined;
    } else if (piece === ',' && open) open.push([]);
    else if (open) open.at(-1)!.push(piece);
    else for (const one of done) one.push(piece);
  }
  if (open) throw new SyntaxError('has a brace that is not closed');
  return done;
}

function components(pieces: readonly Piece[]): Components {
  const parts: Piece[][] = [[]];
  for (const piece of pieces) piece === '/' ? parts.push([]) : parts.at(-1)!.push(piece);
  return parts.map((part) => {
    if (part.join('') === '**') return MANY;
    const chars = part.map((piece) =>
      piece === '*' ? MANY : piece === '?' ? ONE : piece.length > 1 ? piece.replace('\\', '') : piece,
    );
    return chars.every((char) => typeof char === 'string') ? chars.join('') : chars;
  });
}
