/** What JSON says and JavaScript does not keep: numbers that it rounds, and names that it overwrites. */

const ROUNDED = Symbol("rounded");
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/**
 * Where `text`, which is JSON, holds a number that is not kept exactly, such as 9007199254740993.
 * @returns paths such as `location.latitude`
 * @throws SyntaxError for what is no JSON
 */
export function roundedNumbers(text: string): string[] {
  const mark: Reviver = (_, value, { source }) =>
    typeof value === "number" && digitsOf(source!) !== digitsOf(String(value)) ? ROUNDED : value;
  const found: string[] = [];
  const visit = (value: unknown, path: string[]): void => {
    if (value === ROUNDED) found.push(path.join("."));
    else if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
  };
  visit(JSON.parse(text, mark as never), []);
  return found;
}

/**
 * Where `text`, which is JSON, gives a name twice within one object: it has no one value.
 * @returns paths such as `location.latitude`, each once
 */
export function repeatedNames(text: string): string[] {
  const found = new Set<string>();
  /** What the text is within at this place: the names so far of an object, or how far in a list. */
  const around: { names: Set<string>; at: string | number }[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\],]/g)) {
    const inner = around.at(-1)!;
    if (token === "{" || token === "[") around.push({ names: new Set(), at: token === "[" ? 0 : "" });
    else if (token === "}" || token === "]") around.pop();
    else if (token === "," && typeof inner.at === "number") inner.at++;
    else if (token.endsWith(":")) {
      const name = JSON.parse(token.slice(0, -1)) as string;
      inner.at = name;
      if (inner.names.has(name)) found.add(around.map(({ at }) => at).join("."));
      inner.names.add(name);
    }
  }
  return [...found];
}

/** A number's digits and where its point stands, however it is written. */
function digitsOf(text: string): string {
  const [, sign, whole, fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
