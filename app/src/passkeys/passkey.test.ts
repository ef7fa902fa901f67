import { hexToBytes } from "viem";
import { afterEach, describe, expect, test, vi } from "vitest";
import { newPasskey } from "../../../test/passkey.ts";
import { createPasskey, keysOf, renamePasskey, touch } from "./passkey.ts";

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

  test("is called by the device as its account is, where the browser can tell it that", async () => {
    const told = vi.fn().mockResolvedValue(undefined);
    vi.stubGlobal("location", { hostname: "localhost" });
    vi.stubGlobal("PublicKeyCredential", { signalCurrentUserDetails: told });
    const handle = `0x${"fb".repeat(32)}` as const;
    await renamePasskey({ handle }, "Rumah Ibu");
    const userId = Buffer.from("fb".repeat(32), "hex").toString("base64url");
    const name = "Rumah Ibu";
    expect(told.mock.calls).toEqual([[{ rpId: "localhost", userId, name, displayName: name }]]);

    // Neither a key of which that is not known, nor a browser or a device that cannot, is a failure.
    await renamePasskey({ handle: undefined }, name);
    expect(told).toHaveBeenCalledTimes(1);
    told.mockRejectedValue(new Error("no"));
    await renamePasskey({ handle }, name);
    for (const browser of [{}, undefined]) {
      vi.stubGlobal("PublicKeyCredential", browser);
      await renamePasskey({ handle }, name);
    }
  });

  test("that was refused is a wallet's no, and what else went wrong is not", async () => {
    device({ get: () => Promise.reject(new DOMException("no", "NotAllowedError")) });
    await expect(touch("0x11")).rejects.toMatchObject({ code: 4001 });
    device({ get: () => Promise.reject(new DOMException("bad", "SecurityError")) });
    await expect(touch("0x11")).rejects.not.toMatchObject({ code: 4001 });
  });
});
