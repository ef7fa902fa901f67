/** The folder of an installation on one machine: who may read what, certificates, keys, and the newest copies. */
import { X509Certificate } from "node:crypto";
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { messageOf } from "@enerlink/service/log";
import { type Address, getAddress } from "viem";
import { checkCopy } from "../../oracle/src/keeping/backup.ts";
import { MEMBERS } from "../installation/install.ts";
import { lasts } from "./certificate.ts";
import { behind, type Check, type Finding, good, missing, unsafe } from "./finding.ts";

export type FolderSeen = {
  /** Files that others than their owner may read, and should not. */
  open: string[];
  /** Files that cannot be looked at. */
  hidden: string[];
  /** Whether the authority's key, by which anybody is the broker, lies beside what it vouches for. */
  authorityHere: boolean;
  deployed: boolean;
  configured: boolean;
  /** The members' addresses that sign; undefined where a member has no key here. */
  signers: (Address | undefined)[];
  /** What the chain has of them; undefined where it does not answer. */
  members: readonly Address[] | undefined;
  /** The newest copy of each member's store, and what is wrong with it. */
  copies: { member: string; name: string | undefined; problem: string | undefined }[];
};

/** What everybody may read, and what other programs keep for themselves. */
const PUBLIC = /\.crt$|^web\/|^deployments(\/|$)|^state\/(postgres|prometheus|grafana|loki|broker)(\/|$)/;

export const folderChecks: readonly Check<FolderSeen>[] = [
  [
    "rights",
    ({ open, hidden }) => {
      if (open.length > 0)
        return unsafe(`others may read ${open.join(", ")}`, "chmod 600, and change what stands in them");
      if (hidden.length > 0)
        return missing(`not to be looked at: ${hidden.join(", ")}`, "run it as who owns the folder");
      return good("secrets are their owner's alone");
    },
  ],
  [
    "authority",
    ({ authorityHere }) =>
      authorityHere
        ? behind(
            "authority/ca.key is here",
            "keep it off the machine, and bring it back to renew certificates",
          )
        : good("its key is elsewhere"),
  ],
  [
    "contracts",
    ({ deployed, configured }) => {
      if (!deployed) return missing("none recorded", "enerlink deploy, with DEPLOYMENTS_DIR in this folder");
      return configured
        ? good("recorded, for the dApp as well")
        : missing("web/config.json is missing", "give enerlink installation once more");
    },
  ],
  [
    "keys",
    ({ signers, members }) => {
      const found = signers.flatMap((signer) => signer ?? []);
      if (found.length < signers.length)
        return missing(
          `${found.length} of ${signers.length} members have keys`,
          "enerlink installation makes them",
        );
      if (!members) return undefined;
      const strangers = found.filter((signer) => !members.includes(signer));
      return strangers.length === 0
        ? good(`all ${signers.length} sign in the committee`)
        : missing(
            `${strangers.join(", ")}: no member`,
            "the market operator puts them in (enerlink committee set)",
          );
    },
  ],
  [
    "copies",
    ({ copies }) => {
      const broken = copies.filter(({ problem }) => problem !== undefined);
      if (broken.length > 0)
        return unsafe(
          broken.map(({ problem }) => problem).join("; "),
          "take one now (kill -USR2), and restore none of these",
        );
      const without = copies.filter(({ name }) => name === undefined).map(({ member }) => member);
      return without.length > 0
        ? missing(`none of ${without.join(", ")}`, "each takes one a day; kill -USR2 takes one at once")
        : good("the newest of each can be restored");
    },
  ],
];

/** Every certificate of the folder, each a part of its own. */
export function certificateFindings(folder: string, now = Date.now() / 1_000): Finding[] {
  return filesOf(folder)
    .filter((file) => /^(tls|authority)\/.*\.crt$/.test(file) && !/^tls\/.*\/ca\.crt$/.test(file))
    .map((file) => {
      const finding = { part: folder, check: "certificate" };
      try {
        const { validTo } = new X509Certificate(readFileSync(join(folder, file)));
        const verdict = lasts(Date.parse(validTo) / 1_000, now);
        return { ...finding, ...verdict, found: `${file} ${verdict.found}` };
      } catch (error) {
        return {
          ...finding,
          ...missing(`${file}: ${messageOf(error)}`, "enerlink installation makes it anew"),
        };
      }
    });
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

function signerOf(file: string): Address | undefined {
  if (!existsSync(file)) return undefined;
  const { address } = JSON.parse(readFileSync(file, "utf8")) as { address?: string };
  return address === undefined ? undefined : getAddress(`0x${address.replace(/^0x/, "")}`);
}

function copyOf(folder: string, member: string): FolderSeen["copies"][number] {
  const copies = join(folder, "state", member, "copies");
  const name = existsSync(copies)
    ? readdirSync(copies)
        .filter((file) => file.endsWith(".sqlite"))
        .sort()
        .at(-1)
    : undefined;
  if (name === undefined) return { member, name, problem: undefined };
  try {
    checkCopy(join(copies, name));
    return { member, name, problem: undefined };
  } catch (error) {
    return { member, name, problem: `${member}: ${messageOf(error)}` };
  }
}

/** @throws when there is no such folder */
export function seeFolder(
  folder: string,
  chainId: number | undefined,
  members: readonly Address[] | undefined,
): FolderSeen {
  const open: string[] = [];
  const hidden: string[] = [];
  for (const file of filesOf(folder)) {
    if (PUBLIC.test(file)) continue;
    try {
      accessSync(join(folder, file), constants.R_OK);
      if ((statSync(join(folder, file)).mode & 0o077) !== 0) open.push(file);
    } catch {
      hidden.push(file);
    }
  }
  const numbers = Array.from({ length: MEMBERS }, (_, index) => index + 1);
  return {
    open,
    hidden,
    authorityHere: existsSync(join(folder, "authority/ca.key")),
    deployed: chainId !== undefined && existsSync(join(folder, `deployments/${chainId}.json`)),
    configured: existsSync(join(folder, "web/config.json")),
    signers: numbers.map((number) => signerOf(join(folder, `member-${number}/signer.json`))),
    members,
    copies: numbers.map((number) => copyOf(folder, `oracle-${number}`)),
  };
}
