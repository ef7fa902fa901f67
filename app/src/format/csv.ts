/** Tables as comma-separated values (RFC 4180). Numbers are written with a point, whatever the reader's language. */

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export const csv = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, ...rows].map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
