import { expect, test } from "vitest";
import type { StoredCommand } from "./ledger.ts";
import { type Given, outranked } from "./rank.ts";

const [OPERATOR, OWNER] = ["0x01", "0x02"];
const given = (
  name: Given["name"],
  value: string,
  requestedBy: string,
  state: StoredCommand["state"] = "done",
): Given => ({
  name,
  arguments: name === "grid" ? { mode: value } : { state: value },
  state,
  requestedBy,
});
const may = (wish: Given, ...before: Given[]) =>
  outranked(wish, before, (by) => by === OPERATOR || by === "chain");
const both = given("grid", "both", OWNER);

test.each<[string, Given[], allowed: boolean]>([
  ["nothing was commanded", [], true],
  ["an operator closed it", [given("grid", "off", OPERATOR)], false],
  ["an operator let only one way through", [given("grid", "export", OPERATOR)], false],
  ["a debt closed it", [given("grid", "export", "chain")], false],
  ["it is on its way", [given("grid", "off", OPERATOR, "queued")], false],
  ["its device refused it", [given("grid", "off", OPERATOR, "rejected")], true],
  ["it was never heard", [given("grid", "off", OPERATOR, "expired")], true],
  ["an operator opened it again", [given("grid", "both", OPERATOR), given("grid", "off", OPERATOR)], true],
  ["its owner closed it", [given("grid", "off", OWNER)], true],
  [
    "an operator opened its relay only",
    [given("relay", "on", OPERATOR), given("grid", "off", OPERATOR)],
    false,
  ],
  ["an operator closed its relay only", [given("relay", "off", OPERATOR)], true],
])("an owner opens a meter's connection where %s: %#", (_, before, allowed) => {
  expect(may(both, ...before) === undefined).toBe(allowed);
});

test("what an operator restricted an owner may still close, and no further word of the owner's opens it", () => {
  const restricted = given("grid", "export", OPERATOR);
  expect(may(given("grid", "off", OWNER), restricted)).toBeUndefined();
  const closed = given("grid", "off", OWNER);
  expect(may(both, closed, restricted)).toBe(
    "an operator has set grid to export, and an operator alone opens it",
  );
  // Back to what it may.
  expect(may(given("grid", "export", OWNER), closed, restricted)).toBeUndefined();
});

test("the register epoch is no owner's to tell", () => {
  expect(outranked({ name: "epoch", arguments: { epoch: 2n } }, [], () => false)).toContain("the operators'");
  expect(outranked({ name: "interval", arguments: { seconds: 60n } }, [], () => false)).toBeUndefined();
});
