import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { create } from "zustand";
import { useI18n } from "../i18n/index.ts";
import { Button } from "./button.tsx";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** Of a sheet that is a part of what has to be read: that stays where it is. */
  ofNotice?: boolean;
  children: ReactNode;
};

/** Of each open sheet the place for what has to be read now: in front of it, it could be neither reached nor heard. */
const usePlaces = create<{ places: readonly HTMLElement[] }>(() => ({ places: [] }));
function offer(place: HTMLElement | null) {
  if (!place) return;
  usePlaces.setState(({ places }) => ({ places: [...places, place] }));
  return () => usePlaces.setState(({ places }) => ({ places: places.filter((one) => one !== place) }));
}
/** The one of the sheet that was opened last, if any. */
export const usePlaceInSheet = () => usePlaces(({ places }) => places.at(-1));

/** Slides up from below on a phone, stands in the middle of a wide screen. */
export function Sheet({ open, onOpenChange, title, ofNotice = false, children }: Props) {
  const { t } = useI18n();
  const opener = useRef<Element>(null);
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        {/* As high as the sheet: what comes later lies above, over a sheet as well. */}
        <Dialog.Overlay className="fixed inset-0 z-50 bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          // Whoever closes it goes on from where it was opened; by itself the dialog knows only a trigger of its own.
          onOpenAutoFocus={() => {
            opener.current = document.activeElement;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (opener.current instanceof HTMLElement) opener.current.focus({ preventScroll: true });
          }}
          className="fixed inset-x-0 bottom-0 z-50 flex max-h-[88dvh] animate-[appear_150ms_ease-out] flex-col rounded-t-card bg-surface shadow-card md:inset-x-auto md:top-1/2 md:bottom-auto md:left-1/2 md:w-[28rem] md:-translate-x-1/2 md:-translate-y-1/2 md:rounded-card"
        >
          <header className="flex items-center justify-between gap-2 py-2 pr-2 pl-4">
            <Dialog.Title className="text-lg font-semibold">{title}</Dialog.Title>
            <Dialog.Close asChild>
              <Button look="quiet" size="icon" aria-label={t("common.close")}>
                <X className="size-5" />
              </Button>
            </Dialog.Close>
          </header>
          {!ofNotice && <div ref={offer} className="shrink-0" />}
          {/* A field that is gone to comes to stand above the foot, its note as well. */}
          <div className="@container/page scroll-pb-40 overflow-y-auto px-4 pb-[max(1rem,env(safe-area-inset-bottom))]">
            {children}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** What a sheet is for stays in reach, however long it is. */
export function SheetFoot({ children }: { children: ReactNode }) {
  return (
    <div className="sticky -bottom-[max(1rem,env(safe-area-inset-bottom))] -mx-4 -mb-[max(1rem,env(safe-area-inset-bottom))] border-t bg-surface px-4 pt-3 pb-[max(1rem,env(safe-area-inset-bottom))]">
      {children}
    </div>
  );
}
