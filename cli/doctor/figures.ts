/** What a service shows to Prometheus, read by name. */

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{([^}]*)\})? (\S+)/;

type Sample = { labels: Record<string, string>; value: number };
export type Figures = ReturnType<typeof readFigures>;

export function readFigures(text: string) {
  const samples = new Map<string, Sample[]>();
  for (const line of text.split("\n")) {
    const [, name, labels = "", value] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    const named = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [
      label!,
      text!,
    ]);
    const all = samples.get(name) ?? [];
    samples.set(name, [...all, { labels: Object.fromEntries(named), value: Number(value) }]);
  }
  return {
    /** Undefined where the service shows no such figure, or not whole numbers of it. */
    one: (name: string): number | undefined => {
      const value = samples.get(name)?.[0]?.value;
      return Number.isFinite(value) ? value : undefined;
    },
    /** The same by the value of a label. */
    by: (name: string, label: string): [string, number][] =>
      (samples.get(name) ?? []).map(({ labels, value }) => [labels[label] ?? "", value]),
  };
}
