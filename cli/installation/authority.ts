/** An authority of one's own and the certificates that it signs: for broker, database and web, where no public one does. */
import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { RENEWED_BEFORE_DAYS } from "./renewal.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;
const DAY = 86_400_000;
const AUTHORITY_DAYS = 3_650;
/** Apple's systems take no longer one. */
export const CERTIFICATE_DAYS = 397;

/** Both as PEM. */
export type Pair = { certificate: string; key: string };

const makeKeys = () =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: bytes, format: "der", type: "pkcs8" }).export({
    format: "pem",
    type: "pkcs8",
  }) as string;
}

const readKey = (pem: string) =>
  webcrypto.subtle.importKey(
    "pkcs8",
    createPrivateKey(pem).export({ format: "der", type: "pkcs8" }),
    ALGORITHM,
    true,
    ["sign"],
  );

const span = (days: number, now: number) => ({
  // Clocks differ.
  notBefore: new Date(now - 3_600_000),
  notAfter: new Date(now + days * DAY),
});

export async function makeAuthority(name: string, now = Date.now()): Promise<Pair> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: SIGNING,
    ...span(AUTHORITY_DAYS, now),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await pemOf(keys.privateKey) };
}

/** A server's certificate for these names, the first of which is its common name, followed by the authority's. */
export async function makeCertificate(
  authority: Pair,
  names: readonly [string, ...string[]],
  now = Date.now(),
): Promise<Pair> {
  const keys = await makeKeys();
  const issuer = new X509Certificate(authority.certificate);
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${names[0]}`,
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: (await readKey(authority.key)) as CryptoKey,
    signingAlgorithm: SIGNING,
    ...span(CERTIFICATE_DAYS, now),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await pemOf(keys.privateKey) };
}

/** Whether a certificate stands for all of `names` and does not end soon. */
export function holds(pem: string, names: readonly string[], now = Date.now()): boolean {
  const certificate = new X509Certificate(pem);
  const known = certificate.getExtension(SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const all = new Set(known.map(({ value }) => value));
  return (
    names.every((name) => all.has(name)) && certificate.notAfter.getTime() - now > RENEWED_BEFORE_DAYS * DAY
  );
}
