import { expect, test } from "vitest";
import { withOwn } from "./processes.ts";

test("a secret that a service is given takes the place of the file that another was inherited in", () => {
  const inherited = { MQTT_PASSWORD_FILE: "keys/mqtt", LOG_LEVEL: "debug", PRIVATE_KEY_FILE: "keys/own" };
  expect(withOwn(inherited, { MQTT_PASSWORD: "secret", LOG_LEVEL: "info" })).toEqual({
    PRIVATE_KEY_FILE: "keys/own",
    LOG_LEVEL: "info",
    MQTT_PASSWORD: "secret",
  });
});
