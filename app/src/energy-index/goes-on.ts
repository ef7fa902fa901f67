/** Whether a question is an earlier one, asked again because the clock has gone on. */
export type Variables = Record<string, string | number | readonly string[] | undefined>;

const TIMES: readonly string[] = ["from", "to"];

const timeOf = (variables: Variables, name: string, missing: number) =>
  variables[name] === undefined ? missing : Number(variables[name]);

/**
 * The same but for its times, which have moved on, by less than half: what was chosen anew begins anew.
 * @param answeredAt when the earlier one was answered, unix seconds; 0 where it never was
 */
export function goesOn(earlier: Variables, now: Variables, answeredAt: number): boolean {
  const names = new Set([...Object.keys(earlier), ...Object.keys(now)]);
  for (const name of names)
    if (!TIMES.includes(name) && JSON.stringify(earlier[name]) !== JSON.stringify(now[name])) return false;
  const [from, begin] = [timeOf(now, "from", 0), timeOf(earlier, "from", 0)];
  const [to, end] = [now, earlier].map((one) => timeOf(one, "to", Number.POSITIVE_INFINITY)) as [
    number,
    number,
  ];
  return begin <= from && end <= to && from - begin < (end - begin) / 2 && from < answeredAt;
}
