/** The two colours of an account: another account has others, so that the eye tells them apart before it reads. */
import type { Address } from "viem";

/** Two hues, of bytes of its address. */
export function coloursOf(account: Address): string {
  const hue = (at: number) => Number.parseInt(account.slice(at, at + 4), 16) % 360;
  return `linear-gradient(135deg, hsl(${hue(2)} 70% 42%) 50%, hsl(${hue(6)} 80% 64%) 50%)`;
}
