/** Names that were given in this browser, by the id of what they were given to. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

type Names = {
  names: Readonly<Record<string, string>>;
  /** An empty name takes it away. */
  give: (id: string, name: string) => void;
};

/** @param key under which the browser keeps them */
export const makeNames = (key: string) =>
  create<Names>()(
    persist(
      (set) => ({
        names: {},
        give: (id, name) =>
          set(({ names: { [id]: _, ...others } }) => ({ names: name ? { ...others, [id]: name } : others })),
      }),
      { name: key },
    ),
  );
