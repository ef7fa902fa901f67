/** Numbers in JSON that are not kept as they were sent, for JavaScript rounds them: found before anybody reckons. */

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

/** A number's digits and where its point stands, however it is written. */
function digitsOf(text: string): string {
  const [, sign, whole, fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
