import { parseSiweMessage } from "viem/siwe";
import { describe, expect, test } from "vitest";
import { type Challenge, ForeignChallenge, messageFor } from "./sign-in.ts";

const here = {
  origin: "https://enerlink.example",
  oracleUrl: "https://oracle.enerlink.example",
  chainId: 31_337,
  address: "0x1111111111111111111111111111111111111111",
  now: new Date("2026-11-26T21:46:00Z"),
} as const;
const challenge = { nonce: "a1b2c3d4e5f6a7b8", chainId: 31_337, resources: [here.oracleUrl] };

describe("what the wallet is to sign", () => {
  test("is for this page and chain and for the node that was asked, for half a day", () => {
    expect(parseSiweMessage(messageFor(challenge, here))).toEqual({
      address: here.address,
      domain: "enerlink.example",
      uri: here.origin,
      chainId: here.chainId,
      version: "1",
      nonce: challenge.nonce,
      resources: [here.oracleUrl],
      issuedAt: here.now,
      expirationTime: new Date("2026-11-27T09:46:00Z"),
    });
  });

  test("names this page, whatever page the node names", () => {
    const named = { ...challenge, domain: "evil.example", uri: "https://evil.example" };
    expect(messageFor(named, here)).toBe(messageFor(challenge, here));
  });

  test("is the same for a node whose address ends in a slash", () => {
    expect(messageFor(challenge, { ...here, oracleUrl: `${here.oracleUrl}/` })).toBe(
      messageFor(challenge, here),
    );
  });

  test.each<[string, Partial<Challenge>]>([
    ["another node", { resources: ["https://other.example"] }],
    ["another node as well", { resources: [here.oracleUrl, "https://other.example"] }],
    ["no node", { resources: [] }],
    ["another chain", { chainId: 1 }],
  ])("is nothing when the challenge is for %s", (_, change) => {
    expect(() => messageFor({ ...challenge, ...change }, here)).toThrow(ForeignChallenge);
  });
});
