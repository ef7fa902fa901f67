/** What a fingerprint signed and the relay does not pay for can be brought to the network by any wallet that has ether. */
import { submissionOf } from "@enerlink/protocol/account";
import { useState } from "react";
import { encodeFunctionData } from "viem";
import { sendTransaction } from "viem/actions";
import { type Connector, useConnectors } from "wagmi";
import { BROWSER_CONNECTOR } from "../browser-wallet/index.ts";
import { useI18n } from "../i18n/index.ts";
import { FINGERPRINT_CONNECTOR } from "../passkeys/connector.ts";
import { findCalls, keepCalls } from "../passkeys/signed.ts";
import { DEMO_CONNECTOR, type System, useSystem } from "../system/index.ts";
import { Button, Notice, Sheet, useSheet } from "../ui/index.ts";
import { loadCode } from "./follow.ts";
import { problemText } from "./problem.ts";
import { clientOf } from "./spare-client.ts";
import type { Problem } from "./store.ts";
import { type Transaction, update } from "./store.ts";

export default function Spare({ transaction }: { transaction: Transaction }) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const system = useSystem();
  // Over whatever sheet the transaction was sent from.
  const { of, show, close } = useSheet("spare", "over");
  const [problem, setProblem] = useState<Problem>();
  const wallets = useConnectors().filter(
    ({ type }) => type !== DEMO_CONNECTOR && type !== FINGERPRINT_CONNECTOR,
  );
  const name = ({ type, name }: Connector) =>
    type === BROWSER_CONNECTOR ? format.address(name as `0x${string}`) : name;

  async function send(connector: Connector) {
    setProblem(undefined);
    try {
      await submitWith(system, connector, transaction);
      close();
    } catch (error) {
      const { problemOf, isRejection } = await loadCode();
      if (!isRejection(error)) setProblem(problemOf(error));
    }
  }
  return (
    <>
      <Button size="small" className="col-span-3 mr-2 mb-1" onClick={() => show()}>
        {t("finger.spare")}
      </Button>
      <Sheet
        open={of !== undefined}
        onOpenChange={(open) => !open && close()}
        title={t("finger.spare")}
        ofNotice
      >
        <div className="grid gap-2">
          <p className="text-sm text-muted">{t(wallets.length > 0 ? "finger.spareWhy" : "finger.noSpare")}</p>
          {wallets.map((connector) => (
            <Button key={connector.uid} className="w-full" onClick={() => void send(connector)}>
              {name(connector)}
            </Button>
          ))}
          {problem && <Notice tone="bad">{problemText(problem, i18n)}</Notice>}
        </div>
      </Sheet>
    </>
  );
}

/** @throws what the wallet throws when it did not send it */
async function submitWith(system: System, connector: Connector, { id, attempt }: Transaction): Promise<void> {
  const signed = attempt?.by === "batch" ? findCalls(attempt.batch) : undefined;
  if (!signed) throw new Error("What was signed is not kept any more.");
  const { address: to, ...submission } = submissionOf(
    system.config.deployment.contracts.homeAccountFactory,
    signed,
  );
  const client = await clientOf(connector, system.chain);
  await sendTransaction(client, { to, data: encodeFunctionData(submission as never), chain: system.chain });
  keepCalls({ ...signed, spare: true, over: false });
  await update(id, { stage: "sent", doubt: undefined });
}
