/**
 * JSON as meters may send it: stricter than `JSON.parse`, and exact. Integers become `bigint` (never rounded), a
 * repeated key is refused instead of the last one winning, and depth is bounded. What devices get wrong (`nan`, a value
 * left out, a key that is there twice) may be let through where it stands, as long as nobody reads it.
 */

export type JsonOptions = {
  /** Levels of objects and arrays that are allowed. */
  deepest?: number;
  /** What becomes of a number that is no integer, given its text. */
  fraction?: (text: string) => Json;
  /** Whether a repeated key and a value that is none spoil only their own place: it becomes `Unreadable`. */
  lenient?: boolean;
};

/** Stands for a value that cannot be told; `why` continues "the field …". */
export class Unreadable {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

export type Json = null | boolean | number | bigint | string | Unreadable | Json[] | { [key: string]: Json };

/**
 * The last is what devices print where they have no value: `-nan(ind)`, `1.#INF`, `None`, `007`, `--`, `N/A`, `(null)`.
 */
const TOKEN =
  /[ \t\r\n]*(?:([[\]{},:])|("(?:[^"\\]|\\.)*")|(?:(-?(?:0|[1-9]\d*))(\.\d+)?([eE][+-]?\d+)?|(true|false|null))(?![^\s"[\]{},:])|([^\s"[\]{},:]{1,48}))/y;
const SPACE = /[ \t\r\n]*$/y;

export class JsonError extends Error {}

/**
 * Reads one JSON value.
 * @throws JsonError that says what is wrong: malformed text, a repeated key, or more than `deepest` levels (4).
 */
export function parseStrictJson(
  text: string,
  { deepest = 4, fraction: fractional = Number, lenient = false }: JsonOptions = {},
): Json {
  let position = 0;

  function next(): RegExpExecArray {
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(text);
    if (!token) throw new JsonError(`not JSON at character ${position}`);
    position = TOKEN.lastIndex;
    return token;
  }

  function string(literal: string): string {
    try {
      return JSON.parse(literal);
    } catch {
      throw new JsonError(`the string before character ${position} has a bad escape or a control character`);
    }
  }

  /** As a value: what stands in it may be of no use to anybody. */
  function stringValue(literal: string): Json {
    try {
      return string(literal);
    } catch (error) {
      if (lenient && error instanceof JsonError)
        return new Unreadable("has a bad escape or a control character");
      throw error;
    }
  }

  /** What follows a key, or stands in a list; nothing at all does where a device had nothing to print. */
  function valueBefore(end: "}" | "]", depth: number): Json {
    const start = position;
    const token = next();
    if (!lenient || (token[1] !== "," && token[1] !== end)) return value(token, depth);
    position = start;
    return new Unreadable("is empty");
  }

  function value(token: RegExpExecArray, depth: number): Json {
    const [, mark, quoted, whole, fraction, exponent, word, none] = token;
    if (quoted !== undefined) return stringValue(quoted);
    if (whole !== undefined)
      return fraction || exponent ? fractional(whole + (fraction ?? "") + (exponent ?? "")) : BigInt(whole);
    if (word !== undefined) return word === "null" ? null : word === "true";
    if (none !== undefined) {
      if (lenient) return new Unreadable(`is ${none}`);
      throw new JsonError(`not JSON at character ${position - none.length}`);
    }
    if (depth === deepest) throw new JsonError(`more than ${deepest} levels`);
    if (mark === "{") return object(depth + 1);
    if (mark === "[") return array(depth + 1);
    throw new JsonError(`unexpected "${mark}" before character ${position}`);
  }

  function object(depth: number): Json {
    const result: { [key: string]: Json } = Object.create(null);
    let token = next();
    if (token[1] === "}") return result;
    for (;;) {
      if (token[2] === undefined) throw new JsonError(`a key is missing before character ${position}`);
      const key = string(token[2]);
      const twice = key in result;
      if (twice && !lenient) throw new JsonError(`the key "${key}" is there twice`);
      if (next()[1] !== ":") throw new JsonError(`":" is missing before character ${position}`);
      const one = valueBefore("}", depth);
      result[key] = twice ? new Unreadable("is there twice") : one;
      const mark = next()[1];
      if (mark === "}") return result;
      if (mark !== ",") throw new JsonError(`"," is missing before character ${position}`);
      token = next();
    }
  }

  function array(depth: number): Json {
    const result: Json[] = [];
    const start = position;
    if (next()[1] === "]") return result;
    position = start;
    for (;;) {
      result.push(valueBefore("]", depth));
      const mark = next()[1];
      if (mark === "]") return result;
      if (mark !== ",") throw new JsonError(`"," is missing before character ${position}`);
    }
  }

  const result = value(next(), 0);
  SPACE.lastIndex = position;
  if (!SPACE.test(text)) throw new JsonError(`text after the value at character ${position}`);
  return result;
}
