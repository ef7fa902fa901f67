/** What an ordinary wallet sees that opens a household's account: with it a new device is let in when all are lost. */
import { homeAccountAbi } from "@enerlink/protocol";
import { type Abi, type Address, concat, encodeFunctionData } from "viem";
import { getConnectorClient } from "wagmi/actions";
import { z } from "zod/mini";
import { useSystem } from "../system/index.ts";
import { type Call, type Transaction, useTransact } from "../transactions/index.ts";
import { Button, Card, TextField, useFields } from "../ui/index.ts";
import { Called } from "./called.tsx";
import { type LetIn, letInLink, readLetIn } from "./codes.ts";
import { letInField } from "./let-in-field.ts";
import { signedByWallet, useOpenedBy } from "./spare.ts";
import type { Account } from "./use-account.ts";
import { useDeviceWords } from "./words.ts";

/** @param asked a key that came with the page's address, for one of them */
export function SpareCard({ account, asked }: { account: Account; asked: LetIn | undefined }) {
  const { t } = useDeviceWords();
  const homes = useOpenedBy(account.address).data;
  if (!homes || homes.length === 0) return null;
  return (
    <Card title={t("device.spareOpens")}>
      <p className="mb-3 text-sm text-muted">{t("device.spareOpensWhy")}</p>
      <ul className="grid gap-3">
        {homes.map((home) => (
          <li key={home} className="rounded-control border p-3">
            <Home home={home} wallet={account.address} asked={asked?.account === home ? asked : undefined} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Home({ home, wallet, asked }: { home: Address; wallet: Address; asked: LetIn | undefined }) {
  const { t } = useDeviceWords();
  const system = useSystem();
  const { transact, busy } = useTransact();
  const { field, handleSubmit } = useFields(z.object({ code: letInField(home, t) }), {
    code: asked ? letInLink(location.origin, asked) : "",
  });
  const submit = handleSubmit(async ({ code }) => {
    const { key } = readLetIn(code)!;
    const signer = concat([key.x, key.y]);
    const data = encodeFunctionData({ abi: homeAccountAbi, functionName: "addSigner", args: [signer] });
    await transact({
      action: { kind: "addSigner", values: { account: home, subject: signer } } as Transaction["action"],
      call: async () => {
        const client = await getConnectorClient(system.wagmi, { account: wallet });
        const signed = await signedByWallet(system, client, home, [{ to: home, data }]);
        return { ...signed, abi: homeAccountAbi as Abi } as Call;
      },
    });
  });
  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      <p className="font-medium">
        <Called account={home} />
      </p>
      <TextField {...field("code")} label={t("finger.keyCode")} autoCapitalize="none" spellCheck={false} />
      <Button type="submit" look="primary" disabled={busy}>
        {t("finger.letIn")}
      </Button>
    </form>
  );
}
