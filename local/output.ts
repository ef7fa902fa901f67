/** What the user sees: one line a message, each naming its part, and a progress bar on a terminal. */

const PART_WIDTH = 8;
const BAR_WIDTH = 32;
const terminal = process.stdout.isTTY === true;
let barShown = false;

function clearBar() {
  if (barShown) process.stdout.write("\r\x1b[2K");
  barShown = false;
}

/** Prints `text` as coming from `part`. */
export function say(part: string, text: string): void {
  clearBar();
  process.stdout.write(`${part.padEnd(PART_WIDTH)} │ ${text}\n`);
}

let lastTenth = -1;

/** Shows how far `part` is: a bar on a terminal, otherwise a line for every tenth. */
export function progress(part: string, done: number, total: number, text: string): void {
  if (terminal) {
    const filled = Math.round((done / total) * BAR_WIDTH);
    const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
    process.stdout.write(`\r\x1b[2K${part.padEnd(PART_WIDTH)} │ ${bar} ${done}/${total} ${text}`);
    barShown = true;
    return;
  }
  const tenth = Math.floor((done / total) * 10);
  if (tenth !== lastTenth) say(part, `${done}/${total} ${text}`);
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
