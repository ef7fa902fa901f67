import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { Button } from "./button.tsx";

export function CopyButton({ text }: { text: string }) {
  const { t } = useI18n();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <Button size="icon" aria-label={t(copied ? "common.copied" : "common.copy")} onClick={() => void copy()}>
      {copied ? <Check className="size-5" /> : <Copy className="size-5" />}
    </Button>
  );
}
