import type { ReactNode } from "react";
import { CopyButton } from "../ui/index.ts";

/** A text that has to be passed on whole, such as an address or a code: to be read and copied. */
export function CopyText({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="flex items-center gap-2">
      <p className="min-w-0 flex-1 rounded-control bg-sunken p-3 font-mono text-sm break-all">{text}</p>
      <CopyButton text={text} />
      {children}
    </div>
  );
}
