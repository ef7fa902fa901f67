import { useSyncExternalStore } from "react";

/** As the styles count: of a reader with larger text a window holds less. */
const PIXELS_A_REM = 16;

/** Whether the window is at least so wide, in CSS pixels of text of the usual size. */
export function useWide(pixels = 768): boolean {
  const query = `(min-width: ${pixels / PIXELS_A_REM}rem)`;
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(query);
      media.addEventListener("change", changed);
      return () => media.removeEventListener("change", changed);
    },
    () => matchMedia(query).matches,
  );
}
