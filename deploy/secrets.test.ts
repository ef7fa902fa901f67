/** What an installation makes stays out of the repository. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const isIgnored = (path: string) =>
  spawnSync("git", ["check-ignore", "--quiet", path], { cwd: root }).status === 0;

test.each([
  ...[".env", "keys/signer.json", "oracle/keys/signer.json", "installation/member-1/signer.json"],
  ...["installation/authority/ca.key", "installation/broker/passwords", "installation/state/oracle-1/store"],
  ...[
    "oracle/mosquitto/passwords",
    "oracle/mosquitto/certificates/ca.key",
    "oracle/mosquitto/data/mosquitto.db",
  ],
])("git leaves %s alone", (path) => expect(isIgnored(path)).toBe(true));

test("what services are made from is git's", () => expect(isIgnored("compose.yaml")).toBe(false));
