import { Share2 } from "lucide-react";
import { Button } from "../ui/index.ts";
import { CopyText } from "./copy-text.tsx";
import { QrCode } from "./qr.tsx";
import { useDeviceWords } from "./words.ts";

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
  const { t } = useDeviceWords();
  return (
    <div className="grid gap-3">
      <QrCode text={code} label={label} />
      <CopyText text={text}>
        {"share" in navigator && (
          <Button
            size="icon"
            aria-label={t("finger.share")}
            onClick={() => void navigator.share({ text }).catch(() => {})}
          >
            <Share2 className="size-5" />
          </Button>
        )}
      </CopyText>
    </div>
  );
}
