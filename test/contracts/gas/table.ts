/** The gas table: operations, what they may cost, what peers' cost, and how it is written down. */

/** One figure for each depth of the book, or a single one where the book does not matter. */
export type Figures = Record<string, number[]>;

type Row = {
  operation: string;
  /** Highest gas that the design allows. */
  budget?: number;
  /** Why it costs more than that. */
  missed?: string;
  /** Others' figures. [M] measured from their source, [P] published by them. */
  peers?: string;
};

export const bookRows: Row[] = [
  {
    operation: "place, resting",
    budget: 47_000,
    peers:
      "Boros, book alone, 58,800, every fourth 83,700 to 88,900 [M], SamWitch 112,600 [M], Clober v2 197,000 [M], GTE 260,000 [M], first EnerLink 205,000 to 3,420,000 [M]",
  },
  { operation: "place, emptied price", budget: 47_000 },
  { operation: "place, where cancelled orders were", budget: 47_000 },
  { operation: "place, where the best orders of the other side were taken before" },
  {
    operation: "place, unused price",
    budget: 67_500,
    peers: "SamWitch 192,700 [M], Clober v2 286,000 [M], GTE 319,000 [M]",
  },
  {
    operation: "place, unused price and band of 256 prices",
    peers: "Clober v2, its first order ever, 382,000 [M]",
  },
  { operation: "take part of an order" },
  {
    operation: "take one order",
    budget: 53_000,
    peers:
      "Boros, book alone, maker unpaid, 46,800, the last in part 77,700 [M], SamWitch 136,000 [M], Kuru 143,738 [P], Crystal 143,854 [P], Clober v2 153,941 [P], GTE 217,158 [P], first EnerLink 212,000 [M]",
  },
  { operation: "take one order, the only one at its price", budget: 57_000 },
  {
    operation: "take one order, the last of several at its price",
    budget: 58_000,
  },
  {
    operation: "take 10 orders",
    peers:
      "Boros, book alone, makers unpaid, 46,800 [M], Clober v2 153,941, makers unpaid [P], SamWitch 206,000, makers unpaid [M], Crystal 228,627 [P], Kuru 287,695 [P], GTE 556,155 [P]",
  },
  {
    operation: "take 100 orders",
    peers:
      "Boros, book alone, makers unpaid, 46,800 [M], Clober v2 153,941, makers unpaid [P], SamWitch 896,000, makers unpaid [M], Crystal 1,264,872 [P], Kuru 3,925,232 [P], GTE 4,081,260 [P]",
  },
  { operation: "each further maker", budget: 8_400, peers: "SamWitch 7,700, makers unpaid [M]" },
  {
    operation: "place + share of a take of 100, maker paid",
    budget: 56_000,
    peers:
      "SamWitch 181,000 [M], Clober v2 298,000 [M], GTE 303,000 [M], each with what the maker must claim",
  },
  { operation: "take 10 price levels", peers: "Clober v2: one call each" },
  { operation: "each further price level", budget: 15_000 },
  { operation: "take one order behind 99 cancelled ones" },
  {
    operation: "cancel, first of its price",
    budget: 43_000,
    peers: "Boros, book alone, 42,900 [M], GTE 103,000 [M], Clober v2 131,000 [M]",
  },
  { operation: "cancel, first of its price, a bid", budget: 43_000 },
  { operation: "cancel, middle of its price", budget: 43_000 },
  { operation: "cancel, last of its price", budget: 43_000 },
  { operation: "cancel, the only order at its price", budget: 50_000, peers: "GTE 115,000 [M]" },
  { operation: "cancel, the only order in its band", budget: 50_000 },
];

/** What both pay for meters of other kinds. */

export const otherRows: Row[] = [
  { operation: "deposit ETK, the account's first" },
  { operation: "deposit ETK" },
  { operation: "deposit ETK and IDRS" },
  { operation: "deposit ETK and IDRS for another account" },
  { operation: "withdraw ETK" },
  { operation: "withdraw ETK and IDRS" },
  { operation: "place, ETK pulled from the wallet" },
  { operation: "create offer", budget: 85_000, peers: "none on chain" },
  { operation: "update offer, less" },
  { operation: "update offer, more" },
  { operation: "cancel offer" },
  { operation: "close offer, expired" },
  { operation: "request trade", budget: 70_000, peers: "none on chain" },
  { operation: "accept trade, the battery's first" },
  {
    operation: "accept trade",
    budget: 58_000,
    peers: "none on chain",
  },
  { operation: "reject trade" },
  { operation: "cancel trade" },
  { operation: "deliver part" },
  { operation: "deliver the rest" },
  { operation: "close trade, early by the seller" },
  { operation: "rate trade" },
  {
    operation: "settle one report alone, 3 of 5 signatures",
    budget: 87_000,
    peers:
      "first EnerLink 215,000, unsigned [M]; Pyth, 13 signatures, 201,000 [P]; Chainlink OCR2, 2 signatures, 91,200 [M]",
  },
  {
    operation: "settle in a batch, minted",
    budget: 23_000,
    missed:
      "190 for the look whether a slotted meter only counts, 140 whether another rating waits; the 21,000 that were to follow were not reached, a root costs less",
    peers: "first EnerLink 215,000 [M]",
  },
  { operation: "settle in a batch, burned", budget: 24_500 },
  { operation: "settle in a batch, stored energy changed", budget: 30_000 },
  { operation: "settle in a batch, drawing on the trading balance", budget: 33_000 },
  { operation: "commit a root", budget: 55_000 },
  {
    operation: "settle by proof, 2^17 meters",
    budget: 76_000,
    missed: "2,100 read since when the committee is what it is, so that no root outlives it",
  },
  { operation: "settle by one proof of 100, 2^17 meters", budget: 27_000 },
  { operation: "buy IDRS at the desk", budget: 120_000 },
  { operation: "issue a certificate", budget: 105_000 },
  {
    operation: "passkey account: created, with its first order",
    budget: 275_000,
    peers: "ERC-4337 (EntryPoint 0.8, paymaster) 324,388 [M]",
  },
  { operation: "passkey account: each order", budget: 100_000, peers: "ERC-4337 144,683 [M]" },
  { operation: "passkey account: names its guardian" },
  { operation: "passkey account: one more signer" },
  { operation: "accept a correction" },
  { operation: "prove an equivocation", budget: 125_000, peers: "none on chain" },
  { operation: "settle and clear a slot, each of 30 members", budget: 30_000 },
  { operation: "settle and clear a slot, each of 100 members", budget: 27_500 },
  { operation: "settle and clear a slot, each of 256 members", budget: 27_000 },
  { operation: "settle, then clear a slot in a second transaction, each of 30 members" },
  { operation: "settle, then clear a slot in a second transaction, each of 100 members" },
  { operation: "settle, then clear a slot in a second transaction, each of 256 members" },
];

const rows = [...bookRows, ...otherRows];

/** What is wrong with `measured`, one line each: a budget missed without a reason, or kept with one; a figure grown. */
export function findProblems(measured: Figures, recorded: Figures): string[] {
  const problems: string[] = [];
  const names = rows.map(({ operation }) => operation);
  for (const name of new Set([...names, ...Object.keys(measured), ...Object.keys(recorded)])) {
    if (!(names.includes(name) && name in measured && name in recorded)) {
      problems.push(`${name}: must be a row of the table, measured, and on record`);
    }
  }
  for (const { operation, budget, missed } of rows) {
    const figures = measured[operation] ?? [];
    const worst = Math.max(...figures);
    if (budget !== undefined && worst > budget !== (missed !== undefined)) {
      problems.push(`${operation}: ${text(worst)} gas, the budget is ${text(budget)}, missed: ${missed}`);
    }
    for (const [index, gas] of figures.entries()) {
      const before = recorded[operation]?.[index];
      if (before !== undefined && gas > before) {
        problems.push(`${operation}: ${text(gas)} gas, ${text(gas - before)} more than on record`);
      }
    }
  }
  return problems;
}

/** Aligned columns, for a terminal. */
export function asText(figures: Figures, depths: number[]): string {
  const lines = (titles: string[], chosen: Row[]) => {
    const table = [titles, ...chosen.map((row) => cells(row, figures))];
    const widths = titles.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
    return table.map((line) =>
      line
        .map((cell, column) =>
          isNumeric(column, titles) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join("  ")
        .trimEnd(),
    );
  };
  return [...lines(bookTitles(depths), bookRows), "", ...lines(OTHER_TITLES, otherRows), ""].join("\n");
}

/** The page beside the contracts. */
export function asMarkdown(figures: Figures, depths: number[]): string {
  const lines = (titles: string[], chosen: Row[]) => [
    `| ${titles.join(" | ")} |`,
    `|${titles.map((_, column) => (isNumeric(column, titles) ? "---:" : "---")).join("|")}|`,
    ...chosen.map((row) => `| ${cells(row, figures).join(" | ")} |`),
  ];
  return `# Gas

Written by \`pnpm gas\`; the contract tests measure again and fail when a figure has grown.

Each figure is the whole transaction: 21,000 base, calldata, cold access and refunds included. Accounts are funded and words were used before, except where it says first or unused; no order repeats what its word held before. ETK and IDRS move inside the trading balance, so a deposit or withdrawal comes on top where one is needed.

## Order book

By how many other orders rest in the book. Takers' makers are paid in the same transaction.

${lines(bookTitles(depths), bookRows).join("\n")}

## Balances, offers and settlement

A batch has 100 reports; its figures are one report's share of the whole transaction, mint or burn of a real ERC-20 included.

${lines(OTHER_TITLES, otherRows).join("\n")}

Peers: [M] measured from their source, [P] published by them; whole transactions too. SamWitch, Clober and the first EnerLink move ERC-20 tokens inside these figures, which is about 19,000 gas a leg; GTE, Kuru and Crystal use internal balances or do not say. Boros (\`pendle-finance/boros-core-public@78403bf\`) is its library of orders alone, called by a contract made for that: its balances, its margins and the settlement of a maker, which come on top, are not in these figures; ours pay everybody.
`;
}

const bookTitles = (depths: number[]) => ["operation", ...depths.map(text), "budget", "peers"];
const OTHER_TITLES = ["operation", "gas", "budget", "peers"];

function cells({ operation, budget, missed, peers }: Row, figures: Figures): string[] {
  const allowed = budget ? `${text(budget)}${missed ? ` (missed: ${missed})` : ""}` : "";
  return [operation, ...figures[operation]!.map(text), allowed, peers ?? ""];
}

const isNumeric = (column: number, titles: string[]) => column > 0 && column < titles.length - 1;

function text(gas: number): string {
  return gas.toLocaleString("en-US");
}
