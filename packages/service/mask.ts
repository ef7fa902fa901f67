/**
 * Takes secrets out of text: those that this process was given, and what looks like one wherever it comes from. Errors
 * of libraries quote addresses, headers and settings, so it is not enough to be careful.
 */

const MASK = "***";

/** Shorter ones would blank out ordinary words; they are still masked behind a name and in an address. */
const SHORTEST = 4;
/** From this length on a secret is found inside words as well. */
const UNMISTAKABLE = 12;
/** A part of an address's path that is so long is the key of whoever asks (nodes and webhooks are sold so). */
const KEY_IN_PATH = 16;

const secretName =
  "[\\w-]*(?:pass(?:word|wd|phrase)?|secret|token|(?:api|private|signer|submitter)key|(?<!public)[_-]key|mnemonic|seed|cookie|authorization|credentials?)";
const isSecretName = new RegExp(`^${secretName}s?$`, "i");

/** What looks like a secret, and what stands in its place. */
const patterns: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, MASK],
  // Up to the last @ of the authority: passwords may have one of their own.
  [/([a-z][a-z0-9+.-]*:\/\/)[^/\s"'<>]*@/gi, `$1${MASK}@`],
  [/\b(bearer|basic|digest)\s+[\w.~+/=-]{6,}/gi, `$1 ${MASK}`],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, MASK],
  [/\b((?:set-)?cookie["']?\s*[:=]\s*)[^\n]+/gi, `$1${MASK}`],
  [new RegExp(`\\b(${secretName}["']?\\s*=\\s*["']?)[^\\s"',;&)}]+`, "gi"), `$1${MASK}`],
  // Not what is said of a setting: "SIGNER_KEY: must be …".
  [
    new RegExp(
      `\\b(${secretName}["']?\\s*:\\s*["']?)(?!(?:must|set|say|use|is|needs?|a|the|only|another) )[^\\s"',;&)}]+`,
      "gi",
    ),
    `$1${MASK}`,
  ],
  [/((?:key|secret|seed)\W{1,3}(?:is\s+)?)(?:0x)?[0-9a-f]{64}\b/gi, `$1${MASK}`],
];

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

/** The spellings in which a secret turns up. */
function spellings(secret: string): string[] {
  const bare = secret.replace(/^0x/i, "");
  return [
    secret,
    bare,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64"),
  ];
}

/** What is secret in an address: user and password, what is asked with, and long parts of its path. */
export function secretsInUrl(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { username, password, searchParams, pathname } = new URL(text);
  const decoded = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  const path = pathname.split("/").filter((part) => part.length >= KEY_IN_PATH);
  return [password, password && username, ...searchParams.values(), ...path].filter(Boolean).map(decoded);
}

export type Mask = ReturnType<typeof makeMask>;

/** @param secrets Values that must never be seen. */
export function makeMask(secrets: Iterable<string> = []) {
  const known = new Set(secrets);
  let pattern: RegExp | undefined;

  function build(): RegExp | undefined {
    const all = [...known].filter((secret) => secret.length >= SHORTEST);
    const parts = [...new Set(all.flatMap(spellings))]
      .filter((one) => one.length >= SHORTEST)
      .toSorted((a, b) => b.length - a.length)
      .map((one) => (one.length >= UNMISTAKABLE ? escaped(one) : `(?<![\\w])${escaped(one)}(?![\\w])`));
    return parts.length === 0 ? undefined : new RegExp(parts.join("|"), "gi");
  }

  function text(value: string): string {
    pattern ??= build();
    const without = pattern ? value.replaceAll(pattern, MASK) : value;
    return patterns.reduce((masked, [look, instead]) => masked.replaceAll(look, instead), without);
  }

  return {
    text,
    /** Hides `secret` from now on. */
    hide(secret: string): void {
      known.add(secret);
      pattern = undefined;
    },
    /** What stands for `value` under this name. */
    named: (name: string, value: unknown): unknown =>
      isSecretName.test(name) && value !== undefined && value !== null ? MASK : value,
  };
}
