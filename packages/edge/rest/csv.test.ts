import { Hono } from "hono";
import { expect, test } from "vitest";
import { answerCsv, csvOf } from "./csv.ts";

const rows = [
  { name: "a, b", kwh: "1.5", note: null },
  { name: 'says "hm"', kwh: "0", note: "two\nlines" },
];

test("a line for each row below the columns, as a spreadsheet reads them", () => {
  expect(csvOf(["name", "kwh", "note"], rows)).toBe(
    'name,kwh,note\r\n"a, b",1.5,\r\n"says ""hm""",0,"two\nlines"\r\n',
  );
  expect(csvOf(["kwh"], [])).toBe("kwh\r\n");
});

test("what looks like a formula is text to a spreadsheet, and numbers and names stay what they are", () => {
  const cells = ["=1+1", "+62 811", "@sum(a1)", "-2+3|cmd", "\t=1", "-1.5", "-0", "-home-01-", "a=b", -3];
  expect(
    csvOf(
      ["cell"],
      cells.map((cell) => ({ cell })),
    ).split("\r\n"),
  ).toEqual([
    ...[
      "cell",
      "'=1+1",
      "'+62 811",
      "'@sum(a1)",
      "'-2+3|cmd",
      "'\t=1",
      "-1.5",
      "-0",
      "-home-01-",
      "a=b",
      "-3",
    ],
    "",
  ]);
});

test("an answer says what it is, and what its file is called", async () => {
  const app = new Hono().get("/", (context) => answerCsv(context, "energy-home-01", csvOf(["kwh"], rows)));
  const { headers, status } = await app.request("/");
  expect([status, headers.get("content-type"), headers.get("content-disposition")]).toEqual([
    200,
    "text/csv; charset=utf-8",
    'attachment; filename="energy-home-01.csv"',
  ]);
});
