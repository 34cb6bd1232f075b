/**
 * Shapes: what a value may look like, as data. The checker, the JSON Schema and the reader of messages all work
 * from the same table (`table.ts`).
 */

export type Shape =
  | { readonly kind: 'choice'; readonly of: readonly (string | boolean)[] }
  | { readonly kind: 'text'; readonly pattern: string; readonly what: string; readonly check?: TextCheck }
  | { readonly kind: 'number'; readonly what: string; readonly max?: number }
  | { readonly kind: 'list'; readonly of: Shape; readonly min: number; readonly max: number }
  | {
      readonly kind: 'record';
      readonly fields: Fields;
      readonly required?: readonly string[];
      readonly one?: true;
    }
  | { readonly kind: 'map'; readonly keys: Text; readonly of: Shape; readonly max: number };

export type Text = Of<'text'>;
type Of<K extends Shape['kind']> = Extract<Shape, { kind: K }>;
export type Fields = { readonly [field: string]: Shape };

/** What a pattern cannot say: returns what is wrong, as the end of a sentence. */
export type TextCheck = (text: string) => string | undefined;

export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  readonly what: string;
}

/** `strict` refuses fields that the table does not have; otherwise they are ignored. */
export function check(shape: Shape, value: unknown, strict: boolean): Problem[] {
  const problems: Problem[] = [];

  function report(path: Path, what: string): void {
    problems.push({ path, what });
  }

  function visit(s: Shape, v: unknown, path: Path): void {
    if (v === undefined) report(path, 'is missing');
    else if (s.kind === 'choice') visitChoice(s, v, path);
    else if (s.kind === 'text') visitText(s, v, path);
    else if (s.kind === 'number') visitNumber(s, v, path);
    else if (s.kind === 'list') visitList(s, v, path);
    else if (!isPlain(v)) report(path, `expected fields, found ${show(v)}`);
    else if (s.kind === 'record') visitRecord(s, v, path);
    else visitMap(s, v, path);
  }

  function visitChoice({ of }: Of<'choice'>, v: unknown, path: Path): void {
    if (of.some((choice) => choice === v)) return;
    report(path, `${show(v)} is not ${of.length === 1 ? String(of[0]) : `one of ${of.join(', ')}`}`);
  }

  function visitText(text: Text, v: unknown, path: Path): void {
    const fits = typeof v === 'string' && new RegExp(text.pattern, 'u').test(v);
    const wrong = fits ? text.check?.(v) : `is not ${text.what}`;
    if (wrong !== undefined) report(path, `${show(v)} ${wrong}`);
  }

  function visitNumber({ what, max }: Of<'number'>, v: unknown, path: Path): void {
    const fits =
      Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) <= (max ?? Number.MAX_SAFE_INTEGER);
    if (!fits) report(path, `${show(v)} is not ${what}`);
  }

  function visitList({ of, min, max }: Of<'list'>, v: unknown, path: Path): void {
    if (!Array.isArray(v)) report(path, `expected a list, found ${show(v)}`);
    else if (v.length < min || v.length > max) report(path, `expected ${min} to ${max} entries`);
    else for (const [i, element] of v.entries()) visit(of, element, [...path, i]);
  }

  function visitRecord({ fields, required = [], one }: Of<'record'>, v: Plain, path: Path): void {
    const known = Object.keys(fields).join(', ');
    const present = Object.keys(v).filter((key) => Object.hasOwn(fields, key));
    if (one && present.length !== 1) report(path, `expected exactly one of ${known}`);
    for (const key of required) if (!present.includes(key)) report([...path, key], 'is missing');
    for (const key of Object.keys(v)) {
      if (present.includes(key)) visit(fields[key]!, v[key], [...path, key]);
      else if (strict) report([...path, key], `unknown field; known are ${known}`);
    }
  }

  function visitMap({ keys, of, max }: Of<'map'>, v: Plain, path: Path): void {
    const names = Object.keys(v);
    if (names.length > max) report(path, `expected at most ${max} entries`);
    else
      for (const key of names) {
        visit(keys, key, [...path, key]);
        visit(of, v[key], [...path, key]);
      }
  }

  visit(shape, value, []);
  return problems;
}

/** The parts of a checked value that its shape knows, as a value of its own. */
export function copy(shape: Shape, value: unknown): unknown {
  if (shape.kind === 'list') return (value as readonly unknown[]).map((element) => copy(shape.of, element));
  if (shape.kind !== 'record' && shape.kind !== 'map') return value;
  const from = value as { readonly [key: string]: unknown };
  const keys = Object.keys(from).filter((key) => shape.kind === 'map' || Object.hasOwn(shape.fields, key));
  // fromEntries defines properties, so that a database may be called `__proto__`
  return Object.fromEntries(
    keys.map((key) => [key, copy(shape.kind === 'map' ? shape.of : shape.fields[key]!, from[key])]),
  );
}

/** `databases.Voice Mail.encrypt`, `classify[2].path`; a name with other characters in quotes. */
export function showPath(path: Path): string {
  let shown = '';
  for (const step of path) {
    if (typeof step === 'number') shown += `[${step}]`;
    else if (/^[\w *-]{1,128}$/.test(step)) shown += shown ? `.${step}` : step;
    else shown += `[${show(step)}]`;
  }
  return shown;
}

/** What could break the one line or drive a terminal. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/gu;

/** What was found, on one line and short. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'fields';
  const shown = (JSON.stringify(value) ?? String(value)).replace(UNPRINTABLE, '\u{fffd}');
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
}

type Plain = { readonly [key: string]: unknown };

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
