import { Share2 } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import { Button, CopyButton } from "../ui/index.ts";
import { QrCode } from "./qr.tsx";

type Props = {
  /** What the code says. */
  code: string;
  /** What it is. */
  label: string;
  /** The same to be read, copied or sent. */
  text: string;
};

/** A code that another phone reads, or that is sent as text. */
export function CodeBox({ code, label, text }: Props) {
  const { t } = useI18n();
  return (
    <div className="grid gap-3">
      <QrCode text={code} label={label} />
      <div className="flex items-center gap-2">
        <p className="min-w-0 flex-1 rounded-control bg-sunken p-3 font-mono text-sm break-all">{text}</p>
        <CopyButton text={text} />
        {"share" in navigator && (
          <Button
            size="icon"
            aria-label={t("finger.share")}
            onClick={() => void navigator.share({ text }).catch(() => {})}
          >
            <Share2 className="size-5" />
          </Button>
        )}
      </div>
    </div>
  );
}
