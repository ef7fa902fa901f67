/**
 * What the user sees: one line a message, each naming its part, and a progress bar on a terminal. A program sees the same
 * messages as JSON, with what it may want to know of them.
 */

const PART_WIDTH = 8;
const BAR_WIDTH = 32;
const terminal = process.stdout.isTTY === true;
let barShown = false;
let toPrograms = false;

function clearBar() {
  if (barShown) process.stdout.write("\r\x1b[2K");
  barShown = false;
}

/** From now on every message is an object of JSON, one a line. */
export function sayToPrograms(): void {
  toPrograms = true;
}

/** Prints `text` as coming from `part`; `facts` are for programs alone. */
export function say(part: string, text: string, facts: object = {}): void {
  clearBar();
  const line = toPrograms ? JSON.stringify({ part, text, ...facts }) : `${part.padEnd(PART_WIDTH)} │ ${text}`;
  process.stdout.write(`${line}\n`);
}

let lastTenth = -1;

/** Shows how far `part` is: a bar on a terminal, otherwise a line for every tenth; programs are told every step. */
export function progress(part: string, done: number, total: number, text: string): void {
  if (terminal && !toPrograms) {
    const filled = Math.round((done / total) * BAR_WIDTH);
    const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
    process.stdout.write(`\r\x1b[2K${part.padEnd(PART_WIDTH)} │ ${bar} ${done}/${total} ${text}`);
    barShown = true;
    return;
  }
  const tenth = Math.floor((done / total) * 10);
  if (toPrograms || tenth !== lastTenth) say(part, `${done}/${total} ${text}`, { done, total });
  lastTenth = tenth;
}

/** Aligns rows in columns; numbers (cells that start with a digit or a sign) to the right. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const isNumber = head.map((_, column) => rows.every((row) => /^[-+]?\d|^$|^–$/.test(row[column]!)));
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}
