/** What benchmarks tell: of processes, and as tables. */
import { readFileSync } from "node:fs";

export type Figures = Record<string, string>;

/** Processor time that a process has used, seconds. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
/** Resident memory of a process now, or the most that it was, MB. */
export const memoryOf = (pid: number, line: "VmRSS" | "VmHWM") =>
  Math.round(
    Number(new RegExp(`${line}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1_024,
  );

/** As docs/measurements.md has it. */
export function table(rows: Figures[]): string {
  const names = Object.keys(rows[0]!);
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => row[name]!.length)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(names), rule, ...rows.map((row) => line(names.map((name) => row[name]!)))].join("\n");
}
