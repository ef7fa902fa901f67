import type { ButtonHTMLAttributes } from "react";
import { classes } from "./classes.ts";

const looks = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "bg-surface text-text border hover:bg-sunken",
  quiet: "text-accent hover:bg-accent-soft",
  buy: "bg-buy text-surface hover:brightness-110",
  sell: "bg-sell text-surface hover:brightness-110",
} as const;
const sizes = {
  small: "h-9 px-3 text-sm pointer-coarse:min-h-10",
  normal: "h-11 px-4 text-[0.9375rem]",
  icon: "size-11 shrink-0",
} as const;

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: keyof typeof looks;
  size?: keyof typeof sizes;
};

/** What a button looks like, for links that act as one. */
export const buttonClass = (look: keyof typeof looks = "secondary", size: keyof typeof sizes = "normal") =>
  classes(
    "inline-flex items-center justify-center gap-2 rounded-control font-semibold whitespace-nowrap transition-colors",
    // Where text is large, in a page or a sheet, and outside of them, such as in the transaction's panel.
    "max-[16rem]:h-auto max-[16rem]:py-2 max-[16rem]:whitespace-normal",
    "@max-[16rem]/page:h-auto @max-[16rem]/page:py-2 @max-[16rem]/page:whitespace-normal",
    "duration-150 disabled:cursor-not-allowed disabled:opacity-50",
    looks[look],
    sizes[size],
  );

export function Button({ look, size, className, type = "button", ...rest }: Props) {
  return <button type={type} className={classes(buttonClass(look, size), className)} {...rest} />;
}
