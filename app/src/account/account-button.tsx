import { CircleUserRound } from "lucide-react";
import { useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { Button, classes, Empty, onDemand } from "../ui/index.ts";
import { Picture } from "./picture.tsx";
import { useAccount } from "./use-account.ts";
import { useAccountSheet } from "./use-account-sheet.ts";

export function AccountButton() {
  const { t, format } = useI18n();
  const account = useAccount();
  const { setOpen } = useAccountSheet();
  return (
    <Button
      look={account ? "secondary" : "primary"}
      size="small"
      className="min-w-0"
      onClick={() => setOpen(true)}
    >
      {/* A home's own name is worth two small lines where there is no room for one. */}
      {account?.byFingerprint ? (
        <Picture account={account.address} />
      ) : (
        <CircleUserRound className={classes("size-4 shrink-0", account && "max-sm:hidden")} />
      )}
      <span className="max-sm:line-clamp-2 max-sm:text-left max-sm:text-xs max-sm:leading-tight max-sm:whitespace-normal sm:truncate">
        {account ? (account.label ?? format.address(account.address)) : t("account.choose")}
      </span>
    </Button>
  );
}

const AccountSheet = onDemand(() => import("./account-sheet.tsx"), { told: true });

/** The sheet in which an account is chosen; loaded when it is first opened. */
export function AccountChooser() {
  const { open } = useAccountSheet();
  const [opened, setOpened] = useState(open);
  if (open && !opened) setOpened(true);
  return opened && <AccountSheet />;
}

/** Stands where a page needs somebody to be connected. */
export function ConnectFirst({ why }: { why: string }) {
  const { t } = useI18n();
  const { setOpen } = useAccountSheet();
  return (
    <Empty icon={<CircleUserRound />} title={why}>
      <Button look="primary" className="mt-2" onClick={() => setOpen(true)}>
        {t("account.choose")}
      </Button>
    </Empty>
  );
}
