import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { Sheet } from "./sheet.tsx";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What it means, so that nobody has to guess. */
  children: ReactNode;
  stay: string;
  act: string;
  busy: boolean;
  onAct: () => void;
};

/** The one question before something that is for good, or takes more than a tap to have again. */
export function Confirm({ open, onOpenChange, title, children, stay, act, busy, onAct }: Props) {
  return (
    <Sheet open={open} onOpenChange={onOpenChange} title={title}>
      <div className="grid gap-3">
        {children}
        <div className="grid grid-cols-2 gap-2">
          <Button onClick={() => onOpenChange(false)}>{stay}</Button>
          <Button look="sell" disabled={busy} onClick={onAct}>
            {act}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
