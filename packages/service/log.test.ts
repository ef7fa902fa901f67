import { describe, expect, test } from "vitest";
import { type Log, makeLog, makeMask, secretsInUrl } from "./log.ts";

type Line = Record<string, unknown>;

/** A log, and what it has written. */
function listen(secrets: string[] = [], level: "error" | "debug" = "debug") {
  const lines: string[] = [];
  const log = makeLog({ level, mask: makeMask(secrets), to: { write: (line) => void lines.push(line) } });
  return { log, text: () => lines.join(""), lines: () => lines.map((line): Line => JSON.parse(line)) };
}

const KEY = `0x${"4f3e".repeat(16)}`;
const HOOK = "https://hooks.example/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";
const NODE = "https://rpc.example/v3/0123456789abcdef0123456789abcdef";

/** Values that were given as settings: they are hidden wherever they turn up. */
const given: Record<string, string> = {
  key: KEY,
  "a key without its prefix": KEY.slice(2),
  "a key in capitals": KEY.toUpperCase().replace("0X", "0x"),
  password: "correct horse",
  "a password of symbols": 'p@ss"w\\rd/+&$1',
  "a short password": "kuda",
  "a number as a password": "481516",
  secret: "whsec_0123456789abcdef",
};
/** What was not given, but looks like what it is. */
const unknown: Record<string, [text: string, secret: string]> = {
  "an address's password": ["connecting to mqtts://oracle:tiger-42@broker.example failed", "tiger-42"],
  "an address's password with an @": ["postgresql://writer:p@ssw0rd@db/x", "ssw0rd"],
  "an address's user, which may be a token": ["GET https://ghp_abcdefabcdef@example.com", "ghp_abcdef"],
  bearer: ["authorization Bearer abc.DEF-123456 was refused", "abc.DEF-123456"],
  basic: ["Basic b3JhY2xlOnRpZ2Vy", "b3JhY2xlOnRpZ2Vy"],
  "a JSON web token": ["token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "c2lnbmF0dXJl"],
  cookie: ["Cookie: session=0f1e2d; theme=dark", "0f1e2d"],
  "set-cookie": ["set-cookie: session=0f1e2d; HttpOnly", "0f1e2d"],
  "a query": ["https://rpc.example/?apikey=9a8b7c&x=1", "9a8b7c"],
  assignment: ["MQTT_PASSWORD=tiger", "tiger"],
  "a field of JSON": ['{"password":"tiger","user":"oracle"}', "tiger"],
  "a colon": ["password: tiger", "tiger"],
  PEM: ["-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI\n-----END EC PRIVATE KEY-----", "MHcCAQEEI"],
  "a key that is called so": [`the private key ${`0x${"77".repeat(32)}`} does not fit`, "7777"],
};
const names = [
  "password",
  "SIGNER_PASSWORD",
  "passphrase",
  "secret",
  "webhookSecret",
  "token",
  "accessToken",
  "apiKey",
  "api_key",
  "privateKey",
  "SIGNER_KEY",
  "mnemonic",
  "cookie",
  "Set-Cookie",
  "authorization",
  "credentials",
];

/** Every way in which something gets into a line. */
const ways: Record<string, (log: Log, text: string) => void> = {
  text: (log, text) => log.info(`before ${text} after`),
  argument: (log, text) => log.info("before %s after", text),
  "argument that is an object": (log, text) => log.info({}, "before %o after", { deep: { text } }),
  field: (log, text) => log.info({ detail: text }, "x"),
  "deep field": (log, text) => log.info({ a: { b: [{ c: new Map([["d", text]]) }] } }, "x"),
  error: (log, text) => log.error(new Error(text)),
  "error as a field": (log, text) => log.error({ err: new Error(`it said: ${text}`) }, "x"),
  "error under another name": (log, text) => log.error({ reason: new Error(text) }, "x"),
  cause: (log, text) => log.error({ err: new Error("a", { cause: new Error("b", { cause: text }) }) }, "x"),
  "errors of an error": (log, text) => log.error({ err: new AggregateError([new Error(text)], "all") }, "x"),
  "property of an error": (log, text) =>
    log.error({ err: Object.assign(new Error("a"), { request: { headers: text }, url: text }) }, "x"),
  headers: (log, text) => log.error({ headers: new Headers({ "x-any": encodeURIComponent(text) }) }, "x"),
  child: (log, text) => log.child({ peer: text }).warn("x"),
};

describe("no secret is written", () => {
  for (const [way, write] of Object.entries(ways)) {
    test.for(Object.entries(given))(`that was given: as ${way}, %s`, ([, secret]) => {
      const heard = listen([secret]);
      write(heard.log, secret);
      expect(heard.lines()).toHaveLength(1);
      for (const spelling of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
        expect(heard.text().toLowerCase()).not.toContain(spelling.toLowerCase());
    });
    if (way !== "headers")
      test.for(Object.entries(unknown))(`that is known by its looks: as ${way}, %s`, ([, [text, secret]]) => {
        const heard = listen();
        write(heard.log, text);
        expect(heard.lines()).toHaveLength(1);
        expect(heard.text()).not.toContain(secret);
      });
  }

  test.for(names)("under the name %s, however deep", (name) => {
    const heard = listen();
    heard.log.info(
      { [name]: "tiger", headers: { [name]: ["tiger"] }, list: [{ [name]: { a: "tiger" } }] },
      "x",
    );
    heard.log.child({ [name]: "tiger" }).info("x");
    expect(heard.text()).not.toContain("tiger");
    expect(heard.lines()).toHaveLength(2);
  });

  test("of an address: its user, its password, what it asks with and the key in its path", () => {
    const secrets = [NODE, HOOK, "https://u%40x:p%3Aw@h/?key=k1k1"].flatMap(secretsInUrl);
    expect(secrets).toEqual([
      "0123456789abcdef0123456789abcdef",
      "XXXXXXXXXXXXXXXXXXXXXXXX",
      "p:w",
      "u@x",
      "k1k1",
    ]);
    const heard = listen(secrets);
    heard.log.error({ err: new Error(`HTTP request failed. URL: ${NODE}`) }, "x");
    expect(heard.text()).not.toContain("0123456789abcdef");
    expect(heard.text()).toContain("rpc.example");
  });

  test("that became known later", () => {
    const mask = makeMask();
    expect(mask.text("open tiger42")).toBe("open tiger42");
    mask.hide("tiger42");
    expect(mask.text("open tiger42")).toBe("open ***");
  });
});

test("what is no secret stays as it is", () => {
  const words = [
    "SIGNER_KEY: must be 0x and 64 hexadecimal digits",
    "SUBMITTER_PASSWORD: set exactly one of SUBMITTER_PASSWORD, SUBMITTER_PASSWORD_FILE",
    `settling 3 meters in 0x${"ab".repeat(32)}`,
    "home-01 spoke at http://127.0.0.1:8545/path",
    "the registered key of home-01 cannot be used",
    "refused a message of home-01: wrong-signature (signature: does not belong to the meter's key)",
  ];
  const heard = listen([KEY, "kuda"]);
  for (const text of words) heard.log.info(text);
  heard.log.info({ reading: "home-01/1/1780000000", block: 12n, transaction: `0x${"ab".repeat(32)}` }, "x");
  expect(heard.lines().map(({ msg }) => msg)).toEqual([...words, "x"]);
  expect(heard.lines().at(-1)).toMatchObject({ reading: "home-01/1/1780000000", block: "12" });
});

test("a line has time, level, part and text; an error keeps type, code, stack and every cause", () => {
  const heard = listen();
  const cause = Object.assign(new TypeError("no route"), { code: "EHOSTUNREACH" });
  heard.log
    .child({ part: "chain" })
    .warn({ err: new Error("not read", { cause }), abi: undefined }, "trying again");
  const [line] = heard.lines();
  expect(line).toMatchObject({
    level: "warn",
    part: "chain",
    msg: "trying again",
    err: {
      type: "Error",
      message: "not read",
      stack: expect.stringContaining("log.test.ts"),
      cause: {
        type: "TypeError",
        message: "no route",
        code: "EHOSTUNREACH",
        stack: expect.stringContaining("log.test.ts"),
      },
    },
  });
  expect(new Date(String(line!.time)).toISOString()).toBe(line!.time);
});

test("what is less important than its level is not written, and nothing that cannot be printed stops it", () => {
  const heard = listen([], "error");
  heard.log.warn("no");
  const loop: { self?: unknown } = {};
  loop.self = loop;
  heard.log.error({ loop, bytes: new Uint8Array(4), at: new URL("https://a:b@c/d"), nothing: null }, "yes");
  expect(heard.lines()).toMatchObject([
    { level: "error", msg: "yes", bytes: "4 bytes", at: "https://***@c/d" },
  ]);
});
