/** Disconnecting, after one more question: nothing is lost, but the page is empty until an account is chosen again. */
import { LogOut } from "lucide-react";
import { useDisconnect } from "wagmi";
import { Button, Confirm, useSheet } from "../ui/index.ts";
import { useDeviceWords } from "./words.ts";

/** @param layer `over` where it stands in a sheet */
export function Leave({ layer }: { layer?: "over" }) {
  const { t } = useDeviceWords();
  const { of, show, close } = useSheet("leave", layer);
  const disconnect = useDisconnect();
  return (
    <>
      <Button look="quiet" className="w-full" onClick={() => show()}>
        <LogOut className="size-4" />
        {t("account.disconnect")}
      </Button>
      <Confirm
        open={of !== undefined}
        onOpenChange={(open) => !open && close()}
        title={`${t("account.disconnect")}?`}
        stay={t("device.cancel")}
        act={t("account.disconnect")}
        busy={disconnect.isPending}
        onAct={() => {
          close();
          disconnect.mutate({});
        }}
      >
        <p>{t("device.leaveMeans")}</p>
      </Confirm>
    </>
  );
}
