/** On a wide screen the page scrolls below its head, not the window: its keys are handed on to it. */
import { useEffect } from "react";

/** Of what is seen, so much goes by with a page: the last lines stay in sight. */
const PAGE = 0.9;

const ways: Readonly<Record<string, (main: HTMLElement) => number>> = {
  PageDown: ({ clientHeight }) => clientHeight * PAGE,
  PageUp: ({ clientHeight }) => -clientHeight * PAGE,
  End: ({ scrollHeight }) => scrollHeight,
  Home: ({ scrollHeight }) => -scrollHeight,
};

export default function PageKeys() {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const main = document.getElementById("main");
      const way = ways[event.key];
      if (!main || !way || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
      // What stands in the page scrolls it by itself; a sheet's keys are its own.
      if (!(event.target instanceof Element) || event.target.closest("main, [role=dialog], input, select"))
        return;
      main.scrollBy({ top: way(main) });
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return null;
}
