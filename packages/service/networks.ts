/** IP addresses and ranges of them. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

/** A block list of addresses and CIDR ranges. @throws RangeError that names the first that is neither */
export function networks(list: readonly string[]): BlockList {
  const known = new BlockList();
  for (const entry of list) {
    const [address = "", bits] = entry.split("/");
    const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
    const widest = family === "ipv4" ? 32 : 128;
    if (!family || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= widest))) {
      throw new RangeError(`"${entry}" is not an IP address or a range such as 10.0.0.0/8`);
    }
    known.addSubnet(address, bits === undefined ? widest : Number(bits), family);
  }
  return known;
}
