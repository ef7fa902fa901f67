import { describe, expect, test } from "vitest";
import { sheetIn, valueIn, withValue } from "./address.ts";
import { parseAddress, writeAddress } from "./address-text.ts";

const tabs = ["book", "ticket"] as const;

describe("what an address says of its page", () => {
  test("is one of what the page knows, or what usually stands there", () => {
    expect(valueIn({ tab: "ticket" }, "tab", tabs, "book")).toBe("ticket");
    expect(valueIn({ tab: "else" }, "tab", tabs, "book")).toBe("book");
    expect(valueIn({}, "tab", tabs, "book")).toBe("book");
  });

  test("is written only where it is not usual, and leaves the rest as it is", () => {
    expect(withValue({ side: "sell" }, "tab", "ticket", "book")).toEqual({ side: "sell", tab: "ticket" });
    expect(withValue({ side: "sell", tab: "ticket" }, "tab", "book", "book")).toEqual({ side: "sell" });
  });

  test("names the sheet that is open, and of what", () => {
    expect(sheetIn({ sheet: "request-12" }, "request")).toBe("12");
    expect(sheetIn({ sheet: "account" }, "account")).toBe("");
    expect(sheetIn({ sheet: "requests" }, "request")).toBeUndefined();
    expect(sheetIn({}, "request")).toBeUndefined();
    // One that comes over it leaves it where it is.
    const both = { sheet: "join", over: "unlock" };
    expect([sheetIn(both, "join"), sheetIn(both, "unlock"), sheetIn(both, "unlock", "over")]).toEqual([
      "",
      undefined,
      "",
    ]);
  });
});

describe("an amount in an address", () => {
  const read = (address: string) => (parseAddress(address) as { price?: unknown }).price;
  test.each(["1.310", "1,310", "0.500", "1310", "1.5", "0,5 kWh", "true"])(
    "is read back as it was typed: %s",
    (text) => {
      const written = writeAddress({ price: text });
      expect(String(read(written))).toBe(text);
    },
  );

  test("that somebody typed there keeps its digits: 1.310 may be a thousand or one", () => {
    expect(String(read("?price=1.310"))).toBe("1.310");
  });
});
