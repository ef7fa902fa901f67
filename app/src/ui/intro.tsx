import type { ReactNode } from "react";
import { classes } from "./classes.ts";

/**
 * What a page is for, to who has no account yet. The build draws it too: as the largest words of the page it stands there
 * before a script does. Who was here before does not need it, and a wide screen shows what it says.
 * @param early As the build draws it. What takes its place is smaller by as much as its font is wider than most that stand
 * in for it: browsers would else count the same words as painted once more.
 */
export const Intro = ({ early = false, children }: { early?: boolean; children: ReactNode }) => (
  <p
    className={classes(
      "px-1 text-justify text-muted in-data-known:hidden lg:hidden",
      early ? "text-base/6" : "text-sm/6",
    )}
  >
    {children}
  </p>
);
