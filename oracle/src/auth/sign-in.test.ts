import { privateKeyToAccount } from "viem/accounts";
import { type CreateSiweMessageParameters, createSiweMessage } from "viem/siwe";
import { beforeEach, describe, expect, test } from "vitest";
import { UncheckedError } from "./contract-signatures.ts";
import { makeSignIn, type SignIn } from "./sign-in.ts";

const NODE = "https://oracle.example";
const START = 1_800_000_000_000;
const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
const other = privateKeyToAccount(`0x${"22".repeat(32)}`);
const contract = "0x00000000000000000000000000000000000000C0";
const minutes = (count: number) => new Date(START + count * 60_000);

let time: number;
let signIn: SignIn;
beforeEach(() => {
  time = START;
  signIn = makeSignIn({
    signedByContract: async (address, _message, signature) => {
      if (signature === "0xdead") throw new UncheckedError("the chain does not answer");
      return address === contract && signature === "0xc0ffee";
    },
    chainId: 31_337,
    origins: ["https://app.example", "http://localhost:5173"],
    node: () => NODE,
    now: () => time,
  });
});

function messageWith(fields: Partial<CreateSiweMessageParameters> = {}): { text: string; nonce: string } {
  const { nonce, domain, uri, resources } = signIn.challenge();
  const text = createSiweMessage({
    address: account.address,
    domain,
    uri,
    chainId: 31_337,
    version: "1",
    nonce,
    resources,
    issuedAt: minutes(0),
    expirationTime: minutes(60),
    ...fields,
  });
  return { text, nonce: fields.nonce ?? nonce };
}
async function attempt(fields: Partial<CreateSiweMessageParameters> = {}, change = (text: string) => text) {
  const { text, nonce } = messageWith(fields);
  const message = change(text);
  return signIn.verify(message, await account.signMessage({ message }), nonce);
}

test("an address signs in for as long as its message says, a day at most", async () => {
  expect(await attempt()).toEqual({ address: account.address, expiresAt: START + 3_600_000 });
  expect(await attempt({ expirationTime: minutes(10_000) })).toMatchObject({ expiresAt: START + 86_400_000 });
  expect(
    await attempt({ domain: "localhost:5173", uri: "http://localhost:5173/meters", scheme: "http" }),
  ).toMatchObject({ address: account.address });
});

describe("a message is refused", () => {
  test.each<[string, Partial<CreateSiweMessageParameters>, ((text: string) => string)?]>([
    ["domain", { domain: "evil.example" }],
    ["uri", { uri: "https://evil.example" }],
    ["uri", { uri: "http://localhost:5173" }],
    ["scheme", { scheme: "http" }],
    ["chainId", { chainId: 1 }],
    ["resources", { resources: ["https://another.example"] }],
    ["resources", { resources: [NODE, "https://another.example"] }],
    ["resources", {}, (text) => text.replace(/\nResources:.+/s, "")],
    ["issuedAt", { issuedAt: minutes(-6) }],
    ["issuedAt", { issuedAt: minutes(6) }],
    ["issuedAt", {}, (text) => text.replace(/Issued At: .+/, "Issued At: yesterday")],
    ["expirationTime", { expirationTime: minutes(-1) }],
    ["expirationTime", {}, (text) => text.replace(/\nExpiration Time: .+/, "")],
    ["notBefore", { notBefore: minutes(10) }],
    ["version", {}, (text) => text.replace("Version: 1", "Version: 2")],
    ["nonce", {}, (text) => text.replace(/\nNonce: .+/, "")],
    ["nonce", { nonce: "a1b2c3d4e5f6a7b8" }],
    ["message", {}, () => "let me in"],
  ])("for its %s: %o", async (field, fields, change) => {
    await expect(attempt(fields, change)).rejects.toMatchObject({ field });
  });

  test("for a nonce that was used, is too old, or belongs to another browser", async () => {
    const { text, nonce } = messageWith();
    const signature = await account.signMessage({ message: text });
    await expect(signIn.verify(text, signature, undefined)).rejects.toMatchObject({ field: "nonce" });
    await expect(signIn.verify(text, signature, signIn.challenge().nonce)).rejects.toMatchObject({
      field: "nonce",
    });
    await signIn.verify(text, signature, nonce);
    await expect(signIn.verify(text, signature, nonce)).rejects.toMatchObject({ field: "nonce" });
    const late = messageWith({ issuedAt: minutes(5) });
    time += 5 * 60_000;
    await expect(
      signIn.verify(late.text, await account.signMessage({ message: late.text }), late.nonce),
    ).rejects.toMatchObject({ field: "nonce" });
  });

  test("for another's signature, which spends the nonce as well", async () => {
    const { text, nonce } = messageWith();
    const forged = await other.signMessage({ message: text });
    await expect(signIn.verify(text, forged, nonce)).rejects.toMatchObject({ field: "signature" });
    await expect(
      signIn.verify(text, await account.signMessage({ message: text }), nonce),
    ).rejects.toMatchObject({ field: "nonce" });
    const again = messageWith();
    await expect(signIn.verify(again.text, "no hex", again.nonce)).rejects.toMatchObject({
      field: "signature",
    });
  });
});

test("a flood of nonces takes nobody's away, and none can be made up", async () => {
  const { text, nonce } = messageWith();
  for (let count = 0; count < 20_000; count++) signIn.challenge();
  const forged = messageWith({ nonce: `${nonce.slice(0, -1)}${nonce.endsWith("0") ? "1" : "0"}` });
  await expect(
    signIn.verify(forged.text, await account.signMessage({ message: forged.text }), forged.nonce),
  ).rejects.toMatchObject({ field: "nonce" });
  expect(await signIn.verify(text, await account.signMessage({ message: text }), nonce)).toMatchObject({
    address: account.address,
  });
});

test("a contract's wallet is asked itself", async () => {
  const { text, nonce } = messageWith({ address: contract });
  expect(await signIn.verify(text, "0xc0ffee", nonce)).toMatchObject({ address: contract });
  for (const address of [contract, account.address] as const) {
    const again = messageWith({ address });
    const forged = address === contract ? "0xbad0" : "0xc0ffee";
    await expect(signIn.verify(again.text, forged, again.nonce)).rejects.toMatchObject({
      field: "signature",
    });
  }
  // Whether it signed is not known: that is not said to be a wrong signature.
  const away = messageWith({ address: contract });
  await expect(signIn.verify(away.text, "0xdead", away.nonce)).rejects.toThrow(UncheckedError);
});
