import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import {
  type Path,
  type Policy,
  PolicyError,
  type Problem,
  parsePolicy,
  policyProblems,
  showProblem,
} from '../index.ts';

/** Characters. A policy of a thousand databases has some 60,000. */
export const MAX_POLICY_TEXT = 262_144;
const MAX_ALIASES = 100;

/**
 * Reads one policy. Messages begin with `file:line:column`.
 *
 * @throws PolicyError `ERR_POLICY_SYNTAX`, `ERR_POLICY_INVALID`
 */
export function readPolicy(text: string, file = 'policy'): Policy {
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const syntax = (where: string, what: string): PolicyError =>
    new PolicyError('ERR_POLICY_SYNTAX', [`${where}: ${what.replace(/\s+/g, ' ')}`]);

  if (text.length > MAX_POLICY_TEXT) throw syntax(file, `more than ${MAX_POLICY_TEXT} characters`);

  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: true,
    strict: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  // A tag that is not known is only a warning to the parser; here it is an error.
  const [wrong] = [...document.errors, ...document.warnings];
  if (wrong) throw syntax(at(wrong.pos[0]), plainly(wrong.message));
  const odd = oddity(document);
  if (odd) throw syntax(at(odd.offset), odd.what);

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    // Well-formed by now: what is left is aliases of aliases that would grow without bounds.
    throw syntax(file, 'too many aliases');
  }
  const problems = policyProblems(value);
  if (problems.length > 0) {
    const located = problems.map((problem) => `${at(offsetOf(document, problem))}: ${showProblem(problem)}`);
    throw new PolicyError('ERR_POLICY_INVALID', located);
  }
  return parsePolicy(value);
}

/** The parser's words for those who do not program. */
function plainly(message: string): string {
  if (message.includes('call stack')) return 'nested too deep';
  return message.replace(/; please use .*/, '');
}

/** What YAML allows and a policy has no use for. */
function oddity(document: Document.Parsed): { offset: number; what: string } | undefined {
  if (document.directives.yaml.explicit && document.directives.yaml.version !== '1.2') {
    return { offset: 0, what: 'only YAML 1.2 is read' };
  }
  let aliases = 0;
  let found: { offset: number; what: string } | undefined;
  visit(document, (key, node) => {
    const offset = isCollection(node) || isScalar(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
    if ((isCollection(node) || isScalar(node)) && node.tag) found = { offset, what: 'tags are not read' };
    else if (key === 'key' && !isScalar(node)) found = { offset, what: 'a key has to be a plain name' };
    else if (isAlias(node) && ++aliases > MAX_ALIASES) {
      found = { offset, what: `more than ${MAX_ALIASES} aliases` };
    }
    return found ? visit.BREAK : undefined;
  });
  return found;
}

/** Where a problem lies: the value, else the field that is not known, else what something is missing in. */
function offsetOf(document: Document.Parsed, { path, what }: Problem): number {
  for (let length = path.length; length > 0; length--) {
    const steps = path.slice(0, length);
    const offset = what.startsWith('unknown field')
      ? keyOffset(document, steps)
      : valueOffset(document, steps);
    if (offset !== undefined) return offset;
  }
  return document.contents?.range?.[0] ?? 0;
}

function valueOffset(document: Document.Parsed, path: Path): number | undefined {
  const node = document.getIn(path, true);
  return isScalar(node) || isCollection(node) ? node.range?.[0] : undefined;
}

function keyOffset(document: Document.Parsed, path: Path): number | undefined {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
    : undefined;
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}
