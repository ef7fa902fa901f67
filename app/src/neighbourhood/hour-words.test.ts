import { expect, test } from "vitest";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { makeI18n, withWords } from "../i18n/index.ts";
import type { OwnShare } from "./data.ts";
import { hourWords } from "./hour-words.ts";
import type { Slot } from "./slot.ts";
import { hoodWords } from "./words.ts";

const terms = { retail: 1_445, feedIn: 900, fee: 100 };
const slot = (slotEnd: number, of: Partial<Slot>): Slot => ({
  ...{ ...terms, slotStart: slotEnd - 900, slotEnd, price: null, sharedWh: 0n, surplusWh: 0n, needWh: 0n },
  ...of,
});
const share = (slotEnd: number, of: Partial<OwnShare>): OwnShare => ({
  ...{ slotEnd, side: "SOLD", sharedWh: 0n, utilityWh: 0n, leftWh: 0n, amount: 0n, plnAmount: 0n },
  ...{ sellFrom: 900, buyUpTo: 1_445 },
  ...of,
});
const said = (slots: Slot[], shares: OwnShare[], language: "en" | "id" = "en") =>
  hourWords(slots, shares, 3n, withWords(makeI18n(language, language === "en" ? en : id), hoodWords)).map(
    (one) => one.replaceAll("\u00a0", " "),
  );

const slots = [
  slot(900, { price: 1_000_000n, sharedWh: 300n, surplusWh: 500n, needWh: 300n }),
  slot(1_800, { price: 1_100_000n, sharedWh: 100n, surplusWh: 100n, needWh: 100n }),
  slot(2_700, { surplusWh: 700n }),
  slot(3_600, { price: 1_300_000n, sharedWh: 200n, surplusWh: 200n, needWh: 900n }),
];

test("an hour says what was sold and bought at which average price, and why the utility had the rest", () => {
  const shares = [
    share(900, { sharedWh: 300n, utilityWh: 200n }),
    share(1_800, { sharedWh: 100n }),
    share(2_700, { utilityWh: 700n }),
    share(3_600, { side: "BOUGHT", sharedWh: 80n, utilityWh: 20n }),
  ];
  expect(said(slots, shares)).toEqual([
    // (300 x 1,000 + 100 x 1,100) / 400
    "You sold 400 Wh to neighbours, at Rp 1,025/kWh on average.",
    "900 Wh went to PLN at Rp 900/kWh, 200 Wh because more was left over than neighbours needed and 700 Wh because no neighbour needed energy.",
    "You bought 80 Wh from neighbours, at Rp 1,400/kWh on average with the network fee.",
    "20 Wh came from PLN at Rp 1,445/kWh, because neighbours needed more than was left over.",
  ]);
  expect(said(slots, shares, "id")[1]).toBe(
    "900 Wh ke PLN seharga Rp 900/kWh, 200 Wh karena kelebihannya lebih banyak daripada kebutuhan tetangga dan 700 Wh karena tidak ada tetangga yang membutuhkan.",
  );
});

test("where one side had enough, the others' limits are why not all was shared", () => {
  const open = slot(900, { price: 964_050n, sharedWh: 601n, surplusWh: 1_550n, needWh: 959n });
  expect(said([open], [share(900, { side: "BOUGHT", sharedWh: 314n, utilityWh: 172n })])[1]).toBe(
    "172 Wh came from PLN at Rp 1,445/kWh, because not everybody who had some left over sold at the neighbours' price.",
  );
});

test("a limit that kept a home from sharing is named, and so is what stayed its own or became owed", () => {
  expect(said(slots, [share(900, { utilityWh: 500n, sellFrom: 1_200 })])).toEqual([
    "500 Wh went to PLN at Rp 900/kWh, because neighbours paid less than your limit.",
  ]);
  expect(said(slots, [share(3_600, { side: "BOUGHT", leftWh: 50n })])).toEqual([
    "50 Wh are owed: nobody could sell them, or your trading balance did not suffice. Repay them under Meters.",
  ]);
});

test("an hour in which the home had no part says so", () => {
  const absent = [
    "Your home took and gave nothing then, had not joined yet, or its meter was not read in time.",
  ];
  expect(said(slots, [])).toEqual(absent);
  expect(said(slots, [share(900, {})])).toEqual(absent);
});
