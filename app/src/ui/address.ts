/**
 * What of a page stands in its address, so that it can be shared, is there again after a reload, and Back takes it back:
 * which of several views is shown, and which sheet is open.
 */
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export type Search = Readonly<Record<string, unknown>>;

/** The search with one value put in, or taken out where it is the one that stands there anyway. */
export function withValue(search: Search, name: string, value: string, usual: string): Search {
  const { [name]: _, ...rest } = search;
  return value === usual ? rest : { ...rest, [name]: value };
}

/** What a search says under a name: nothing that is not among the values is believed. */
export const valueIn = <T extends string>(search: Search, name: string, values: readonly T[], usual: T): T =>
  values.find((value) => value === String(search[name])) ?? usual;

const useHere = () => useSearch({ strict: false }) as Search;

/** Puts a text into the address under `name`, in the place of the present entry of the history. */
export function useText(name: string): [string, (text: string) => void] {
  const here = useHere();
  const navigate = useNavigate();
  const set = useCallback(
    (text: string) =>
      void navigate({
        to: ".",
        search: ((before: Search) => withValue(before, name, text, "")) as never,
        replace: true,
        resetScroll: false,
        state: true,
      }),
    [navigate, name],
  );
  const value = here[name];
  return [value === undefined ? "" : String(value), set];
}

/** One of a few, as `useState` has it, but in the address. `usual` stands there without being written. */
export function useChoice<T extends string>(
  name: string,
  values: readonly T[],
  usual: T,
): [T, (value: T) => void] {
  const here = useHere();
  const [, setText] = useText(name);
  return [
    valueIn(here, name, values, usual),
    useCallback((value: T) => setText(value === usual ? "" : value), [setText, usual]),
  ];
}

/** Whether an entry of the history was made by opening a sheet, so that closing it goes back. */
declare module "@tanstack/react-router" {
  interface HistoryState {
    sheet?: boolean;
  }
}

const SHEET = "sheet";

export type SheetState = {
  /** What it is open for: the part behind its name, or an empty text; undefined while it is closed. */
  of: string | undefined;
  show: (of?: string) => void;
  close: () => void;
};

/** What a sheet of this name is open for, by an address such as `?sheet=request-12`. */
export function sheetIn(search: Search, name: string, layer = SHEET): string | undefined {
  const open = search[layer];
  if (open === name) return "";
  return typeof open === "string" && open.startsWith(`${name}-`) ? open.slice(name.length + 1) : undefined;
}

/**
 * A sheet that stands in the address: Back closes it.
 * @param layer another name than `sheet` of one that comes over whatever is open
 */
export function useSheet(name: string, layer = SHEET): SheetState {
  const here = useHere();
  const navigate = useNavigate();
  const router = useRouter();
  const show = useCallback(
    (of = "") =>
      void navigate({
        to: ".",
        search: ((before: Search) => ({ ...before, [layer]: of ? `${name}-${of}` : name })) as never,
        // Another sheet in its place is the same entry.
        replace:
          router.state.location.state.sheet === true && layer in (router.state.location.search as Search),
        state: { sheet: true },
        resetScroll: false,
      }),
    [navigate, router, name, layer],
  );
  const close = useCallback(() => {
    const { search, state } = router.state.location;
    if (sheetIn(search as Search, name, layer) === undefined) return;
    if (state.sheet) router.history.back();
    else
      void navigate({
        to: ".",
        search: ((before: Search) => withValue(before, layer, "", "")) as never,
        replace: true,
        resetScroll: false,
      });
  }, [navigate, router, name, layer]);
  return { of: sheetIn(here, name, layer), show, close };
}

/** The same for a sheet that is simply open or not, as `useState(false)` has it. */
export function useOpenSheet(name: string): [boolean, (open: boolean) => void] {
  const { of, show, close } = useSheet(name);
  return [of !== undefined, useCallback((open: boolean) => (open ? show() : close()), [show, close])];
}
