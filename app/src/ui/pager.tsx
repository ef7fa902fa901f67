import { ChevronLeft, ChevronRight } from "lucide-react";
import { Button } from "./button.tsx";

type Props = {
  title: string;
  before: string;
  after: string;
  onBefore: () => void;
  /** Undefined where nothing comes after it yet. */
  onAfter: (() => void) | undefined;
};

/** From one time to the one before it, and back. */
export function Pager({ title, before, after, onBefore, onAfter }: Props) {
  return (
    <div className="mb-3 flex items-center gap-1">
      <Button size="icon" look="quiet" aria-label={before} onClick={onBefore}>
        <ChevronLeft className="size-5" />
      </Button>
      <p className="min-w-0 flex-1 text-center font-medium first-letter:uppercase">{title}</p>
      <Button size="icon" look="quiet" aria-label={after} disabled={!onAfter} onClick={onAfter}>
        <ChevronRight className="size-5" />
      </Button>
    </div>
  );
}
