/** What the doctor finds: of each part, by each check, how it stands and what to do about it. */

/**
 * good: as it should be. behind: works, and should be put right when there is time. missing: something that is needed is
 * not there. unsafe: somebody may read, sign or lose what nobody should.
 */
export const states = ["good", "behind", "missing", "unsafe"] as const;
export type State = (typeof states)[number];

export type Verdict = { state: State; found: string; todo?: string };
export type Finding = Verdict & { part: string; check: string };

/** A question about `Seen`; undefined where it does not arise. */
export type Check<Seen> = readonly [check: string, look: (seen: Seen) => Verdict | undefined];

export const good = (found: string): Verdict => ({ state: "good", found });
export const behind = (found: string, todo: string): Verdict => ({ state: "behind", found, todo });
export const missing = (found: string, todo: string): Verdict => ({ state: "missing", found, todo });
export const unsafe = (found: string, todo: string): Verdict => ({ state: "unsafe", found, todo });

/** Every check of `checks` about `part`. */
export function examine<Seen>(part: string, checks: readonly Check<Seen>[], seen: Seen): Finding[] {
  return checks.flatMap(([check, look]) => {
    const verdict = look(seen);
    return verdict ? [{ part, check, ...verdict }] : [];
  });
}

/** Whether somebody has to act now. */
export const isWell = (findings: readonly Finding[]): boolean =>
  findings.every(({ state }) => state === "good" || state === "behind");

const span = (text: string, width: number) => text.padEnd(Math.max(width, text.length + 1));

/** For people: what is worst first of all, then part by part. */
export function textOf(findings: readonly Finding[]): string {
  const parts = [...new Set(findings.map(({ part }) => part))];
  const lines = parts.flatMap((part) => [
    part,
    ...findings
      .filter((finding) => finding.part === part)
      .flatMap(({ check, state, found, todo }) => [
        `  ${span(state, 9)}${span(check, 14)}${found}`,
        ...(todo ? [`${" ".repeat(25)}→ ${todo}`] : []),
      ]),
  ]);
  const counts = [...states].reverse().flatMap((state) => {
    const count = findings.filter((finding) => finding.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return [...lines, counts.join(", ")].join("\n");
}

const UNITS: [seconds: number, name: string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

/** A duration in its largest unit, as people read it. */
export function spanOf(seconds: number): string {
  const [unit, name] = UNITS.find(([size]) => seconds >= 2 * size) ?? [1, "s"];
  return `${Math.round(seconds / unit)} ${name}`;
}
