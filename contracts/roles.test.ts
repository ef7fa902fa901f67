/** The table of roles in `MarketAccess.sol` is what a deployment binds; `enerlink deploy --check` reads it back from a chain. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Role, roleFunctions } from "./roles.ts";

const source = readFileSync(new URL("./src/governance/MarketAccess.sol", import.meta.url), "utf8");
const table = [
  ...source.matchAll(/^\/\/\/ \| `?(\w+)`?[^|]*\| +(\d+) h +\| ([^|]*?) *\| ([^|]*?) *\|$/gm),
].map(([, role, hours, contract, functions]) => ({
  role: role!,
  seconds: Number(hours) * 3_600,
  contract: contract!.replaceAll("`", ""),
  functions: [...functions!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
}));

describe("the table of roles", () => {
  it("names every function that is bound to a role, and no other", () => {
    const documented = table.flatMap(({ role, contract, functions }) =>
      functions.map((name) => `${role} ${contract}.${name}`),
    );
    const bound = roleFunctions.flatMap(({ role, contract, functions }) =>
      functions.map((name) => `${role} ${contract}.${name}`),
    );
    expect(documented.toSorted()).toEqual(bound.toSorted());
  });

  it("gives the delays of a public network", () => {
    const file = new URL("./ignition/parameters/public.json", import.meta.url);
    const { EnerLink, Handover } = JSON.parse(readFileSync(file, "utf8"));
    const delays: Record<Role | "ADMIN", number> = {
      REGISTRAR: EnerLink.registrarDelay,
      IDRS_ISSUER: EnerLink.idrsIssuerDelay,
      MARKET_OPERATOR: EnerLink.marketOperatorDelay,
      GUARDIAN: 0,
      EQUIVOCATION: 0,
      ADMIN: Handover.adminDelay,
    };
    const documented = new Map(table.map(({ role, seconds }) => [role, seconds]));
    expect(Object.fromEntries(documented)).toEqual(delays);
    expect(source).toContain(`activation delay (${EnerLink.activationDelay / 3_600} h)`);
  });
});
