import { expect, test } from "vitest";
import { networks } from "./networks.ts";

test("a wrong range is named", () => {
  for (const wrong of ["10.0.0.0/33", "proxy", "10.0.0", "fd00::/129", ""])
    expect(() => networks([wrong]), wrong).toThrow("is not an IP address or a range");
});
