/** Merkle roots over a window's reports, as `RootCommittee` checks them: leaves, trees, proofs, and what members sign. */
import { type Address, type Hex, hexToBytes, keccak256, toHex } from "viem";
import { typedDomain } from "./domain.ts";
import type { Report } from "./settlement.ts";

const REPORT_TYPE = keccak256(
  toHex(
    "Report(bytes32 meterId,uint64 exportWh,uint64 importWh,uint64 storedWh,uint40 timestamp,uint32 epoch)",
  ),
);
/** A window's words: they end on whole minutes, and this many of them are kept. */
export const ROOT_GRID = 60;

/** Hashes bytes: of a village's leaves it is most of the work, so that a service may bring a faster one. */
export type Keccak = (bytes: Uint8Array) => Hex;

export type RegistersRoot = { root: Hex; windowEnd: number; deadline: bigint; configuration: number };

export const registersRootTypes = {
  RegistersRoot: [
    { name: "root", type: "bytes32" },
    { name: "windowEnd", type: "uint40" },
    { name: "deadline", type: "uint64" },
    { name: "configuration", type: "uint32" },
  ],
} as const;

/** The typed data of a root for the committee at `committee`; sign it with any viem account. */
export function registersRootTypedData(chainId: number, committee: Address, message: RegistersRoot) {
  return {
    domain: typedDomain(chainId, committee),
    types: registersRootTypes,
    primaryType: "RegistersRoot",
    message,
  } as const;
}

const word = (value: bigint | number) => value.toString(16).padStart(64, "0");

/** The leaf of a report: its EIP-712 struct hash. */
export function reportLeaf(report: Report, keccak: Keccak = keccak256): Hex {
  const { meterId, exportWh, importWh, storedWh, timestamp, epoch } = report;
  const words = [exportWh, importWh, storedWh, timestamp, epoch].map(word).join("");
  return keccak(hexToBytes(`${REPORT_TYPE}${meterId.slice(2)}${words}`));
}

/** What is hashed of two nodes: in ascending order, whichever is left. */
const parentOf = (a: Hex, b: Hex, keccak: Keccak) =>
  keccak(hexToBytes(a < b ? `${a}${b.slice(2)}` : `${b}${a.slice(2)}`));

/** The root that `proof` leads to from `leaf`. */
export const rootFrom = (leaf: Hex, proof: readonly Hex[], keccak: Keccak = keccak256): Hex =>
  proof.reduce((node, sibling) => parentOf(node, sibling, keccak), leaf);

/** One proof of several leaves, as OpenZeppelin's multiproofs have it. `order`: of the leaves that were asked for, in which they are given. */
export type MultiProof = { order: number[]; proof: Hex[]; flags: boolean[] };

export type MerkleTree = ReturnType<typeof merkleTree>;

/**
 * A tree over `leaves`, one at least. It lies in one list, the root first, the children of `i` at `2i + 1` and `2i + 2`,
 * and the leaves last, the first of them at the end: so siblings of any depth meet in a multiproof.
 */
export function merkleTree(leaves: readonly Hex[], keccak: Keccak = keccak256) {
  if (leaves.length === 0) throw new RangeError("a tree has one leaf at least");
  const last = 2 * leaves.length - 2;
  const nodes = new Array<Hex>(last + 1);
  for (const [index, leaf] of leaves.entries()) nodes[last - index] = leaf;
  for (let index = leaves.length - 2; index >= 0; index--)
    nodes[index] = parentOf(nodes[2 * index + 1]!, nodes[2 * index + 2]!, keccak);
  const siblingOf = (index: number) => (index % 2 === 1 ? index + 1 : index - 1);
  const above = (index: number) => (index - 1) >> 1;

  return {
    root: nodes[0]!,
    /** The siblings of leaf `leaf`, lowest first. */
    proof: (leaf: number): Hex[] => {
      const siblings: Hex[] = [];
      for (let index = last - leaf; index > 0; index = above(index)) siblings.push(nodes[siblingOf(index)]!);
      return siblings;
    },
    /** One proof of all of `asked`, each leaf once. */
    multiProof: (asked: readonly number[]): MultiProof => {
      const order = [...asked].sort((a, b) => a - b);
      const queue = order.map((leaf) => last - leaf);
      const proof: Hex[] = [];
      const flags: boolean[] = [];
      for (let next = 0; next < queue.length && queue[next]! > 0; ) {
        const index = queue[next++]!;
        const isPaired = queue[next] === siblingOf(index);
        flags.push(isPaired);
        if (isPaired) next++;
        else proof.push(nodes[siblingOf(index)]!);
        queue.push(above(index));
      }
      return { order, proof, flags };
    },
  };
}
