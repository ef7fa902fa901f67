/**
 * Gas to send with a transaction that was estimated to take `estimated`: until it is mined others' may come before it, and
 * then it takes a few steps more (the book has moved), or writes two words where there were none. What is not used is not
 * paid.
 */
export const gasLimitFor = (estimated: bigint): bigint => (estimated * 5n) / 4n + 40_000n;
