/** Loaded into a node before its program, with `--expose-gc`: see `memory.ts`. */
setInterval(() => globalThis.gc?.(), 2_000).unref();
