import { hexToBytes } from "viem";
import { afterEach, describe, expect, test, vi } from "vitest";
import { newPasskey } from "../../../test/passkey.ts";
import { createPasskey, keysOf, touch } from "./passkey.ts";

afterEach(() => vi.unstubAllGlobals());

const account = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

/** A device's answers, whatever it is asked. */
function device(answers: Partial<Record<"get" | "create", (asked: never) => unknown>>) {
  vi.stubGlobal("window", { navigator: { credentials: answers }, location: { hostname: "localhost" } });
  vi.stubGlobal("location", { hostname: "localhost" });
}

describe("a device's key", () => {
  test("is one of the two that its signature leaves, and the one that two signatures do", () => {
    for (let round = 0; round < 8; round++) {
      const passkey = newPasskey();
      const { x, y } = passkey;
      const [one, other] = [`0x${"11".repeat(32)}`, `0x${"22".repeat(32)}`] as const;
      const first = keysOf(passkey.assert(one));
      expect(first).toHaveLength(2);
      const both = keysOf(passkey.assert(other)).filter((key) =>
        first.some((known) => known.x === key.x && known.y === key.y),
      );
      expect(both).toEqual([{ x, y }]);
    }
  });

  test("is asked for with a verified touch, and carries the account that it was made for", async () => {
    type Asked = { publicKey: PublicKeyCredentialCreationOptions };
    let asked: Asked | undefined;
    device({
      create: (given: Asked) => {
        asked = given;
        throw new DOMException("no", "NotAllowedError");
      },
    });
    await expect(createPasskey("home", account)).rejects.toMatchObject({ code: 4001 });
    const { user, authenticatorSelection, rp } = asked!.publicKey;
    expect(authenticatorSelection).toMatchObject({ residentKey: "required", userVerification: "required" });
    expect(rp.id).toBe("localhost");
    const handle = new Uint8Array(user.id as ArrayBuffer);
    expect(handle).toHaveLength(32);
    expect(handle.slice(0, 20)).toEqual(hexToBytes(account));
    await expect(createPasskey("home", account)).rejects.toMatchObject({ code: 4001 });
    // Another handle each time: the same one would overwrite the key before.
    expect(new Uint8Array(asked!.publicKey.user.id as ArrayBuffer)).not.toEqual(handle);
  });

  test("that was refused is a wallet's no, and what else went wrong is not", async () => {
    device({ get: () => Promise.reject(new DOMException("no", "NotAllowedError")) });
    await expect(touch("0x11")).rejects.toMatchObject({ code: 4001 });
    device({ get: () => Promise.reject(new DOMException("bad", "SecurityError")) });
    await expect(touch("0x11")).rejects.not.toMatchObject({ code: 4001 });
  });
});
