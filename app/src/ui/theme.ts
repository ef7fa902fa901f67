/** Colours for what is drawn on a canvas, which does not follow the theme by itself. */
import { useEffect, useState } from "react";

/** A colour token's value in the theme that is shown now. */
export const colour = (token: `--${string}`): string =>
  getComputedStyle(document.documentElement).getPropertyValue(token).trim();

/** Changes with the theme. */
export function useThemeName(): string {
  const [name, setName] = useState(document.documentElement.className);
  useEffect(() => {
    const observer = new MutationObserver(() => setName(document.documentElement.className));
    observer.observe(document.documentElement, { attributeFilter: ["class"] });
    return () => observer.disconnect();
  }, []);
  return name;
}
