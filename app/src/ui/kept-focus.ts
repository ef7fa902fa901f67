/** Where what was pressed goes away with its row, the focus stays with the list. */
import { type FocusEvent, useEffect, useRef } from "react";

/** Attributes of the element around the list, which outlives its rows. */
export function useKeptFocus() {
  const list = useRef<HTMLDivElement>(null);
  const pressed = useRef<Element>(undefined);
  useEffect(() => {
    if (!pressed.current || pressed.current.isConnected) return;
    pressed.current = undefined;
    // Whoever went elsewhere meanwhile stays there.
    if (document.activeElement === document.body) list.current?.focus({ preventScroll: true });
  });
  const onFocus = ({ target }: FocusEvent) => {
    if (target !== list.current) pressed.current = target;
  };
  return { ref: list, tabIndex: -1, onFocus };
}
