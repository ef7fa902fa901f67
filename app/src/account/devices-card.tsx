/** Which devices open the account: another is let in with a touch, one goes after a day in which each may refuse. */

import { signerIdOf } from "@enerlink/protocol/account";
import { Smartphone, Wallet } from "lucide-react";
import { concat, getAddress, type Hex } from "viem";
import { z } from "zod/mini";
import { useFingerprints } from "../passkeys/kept.ts";
import { useSystem } from "../system/index.ts";
import {
  Button,
  Card,
  Confirm,
  Notice,
  Sheet,
  TextField,
  Time,
  useFields,
  useOpenSheet,
} from "../ui/index.ts";
import { CodeBox } from "./code-box.tsx";
import { joinLink, type LetIn, readLetIn } from "./codes.ts";
import { guardianField, guardianOf } from "./guardian-field.ts";
import { CHANGE_SECONDS, type HomeState, type Signer, staysWithout } from "./home-account.ts";
import { letInField } from "./let-in-field.ts";
import { useAccountNames } from "./names.ts";
import type { Account } from "./use-account.ts";
import { useChange } from "./use-change.ts";
import { useDeviceWords } from "./words.ts";

/** A passkey's public key, bytes. */
const KEY_BYTES = 64;

type Props = { account: Account; home: HomeState | null };

export function DevicesCard({ account, home }: Props) {
  const { t } = useDeviceWords();
  const own = useFingerprints(({ fingerprints }) =>
    fingerprints.find((one) => one.account === account.address),
  );
  const [adding, setAdding] = useOpenSheet("device");
  const ownId = own && signerIdOf(own.key);
  // Before its account is there, the first device is the only one.
  const signers: Signer[] = home?.signers ?? [
    ...(own && ownId ? [{ id: ownId, bytes: bytesOf(own.key), addedAt: undefined, removableFrom: 0 }] : []),
  ];
  return (
    <Card title={t("finger.devices")}>
      <p className="mb-3 text-sm text-muted">{t("finger.devicesWhy")}</p>
      <ul className="grid gap-2">
        {signers.map((signer) => (
          <Device
            key={signer.id}
            signer={signer}
            account={account}
            isOwn={signer.id === ownId}
            isLast={signers.length === 1}
            home={home}
          />
        ))}
      </ul>
      <Button className="mt-3 w-full" onClick={() => setAdding(true)}>
        {t("finger.addDevice")}
      </Button>
      <Sheet open={adding} onOpenChange={setAdding} title={t("finger.addDevice")}>
        <AddDevice account={account} onDone={() => setAdding(false)} />
        {home && <AddWallet account={account} onDone={() => setAdding(false)} />}
      </Sheet>
    </Card>
  );
}

const bytesOf = ({ x, y }: LetIn["key"]): Hex => concat([x, y]);

type DeviceProps = {
  signer: Signer;
  account: Account;
  isOwn: boolean;
  isLast: boolean;
  home: HomeState | null;
};

function Device({ signer, account, isOwn, isLast, home }: DeviceProps) {
  const { t, format } = useDeviceWords();
  const { change, busy } = useChange();
  const { id, bytes, addedAt, removableFrom } = signer;
  const isDevice = (bytes.length - 2) / 2 === KEY_BYTES;
  const Icon = isDevice ? Smartphone : Wallet;
  const act = (name: "keepSigner" | "completeRemoval") => void change(account.address, { name, args: [id] });
  return (
    <li className="grid gap-2 rounded-control border p-3">
      <div className="flex items-center gap-3">
        <Icon className="size-5 shrink-0 text-muted" />
        <div className="min-w-0 flex-1">
          <p className="font-medium">
            {isOwn
              ? t("finger.thisDevice")
              : isDevice
                ? t("finger.device")
                : format.address(getAddress(bytes as `0x${string}`))}
          </p>
          <p className="text-sm text-muted">
            {addedAt === undefined ? t("finger.firstDevice") : <Time at={addedAt} />}
          </p>
        </div>
        {home && !isLast && removableFrom === 0 && <Removal {...{ id, account, isOwn, home }} />}
      </div>
      {removableFrom !== 0 && (
        <>
          <Notice tone="warning">{t("finger.removed", { at: format.moment(removableFrom) })}</Notice>
          <div className="flex flex-wrap gap-2">
            <Button size="small" disabled={busy} onClick={() => act("keepSigner")}>
              {t("finger.keep")}
            </Button>
            {home && home.now >= removableFrom && (
              <Button size="small" look="sell" disabled={busy} onClick={() => act("completeRemoval")}>
                {t("finger.removeNow")}
              </Button>
            )}
          </div>
        </>
      )}
    </li>
  );
}

/** Asks once: a removal is announced for all devices to see, and takes a day. */
function Removal({
  id,
  account,
  isOwn,
  home,
}: Pick<DeviceProps, "account" | "isOwn"> & { id: Hex; home: HomeState }) {
  const { t, format } = useDeviceWords();
  const { change, busy } = useChange();
  const [open, setOpen] = useOpenSheet(`remove-${id}`);
  const remove = async () => {
    if (await change(account.address, { name: "removeSigner", args: [id] })) setOpen(false);
  };
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        {t("finger.remove")}
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title={t(isOwn ? "device.removeOwnTitle" : "device.removeTitle")}
        stay={t("device.cancel")}
        act={t("finger.remove")}
        busy={busy}
        onAct={() => void remove()}
      >
        <p>{t("device.removeMeans", { at: format.moment(home.now + CHANGE_SECONDS) })}</p>
        {isOwn && <Notice tone="warning">{t("device.removeOwn")}</Notice>}
        {!staysWithout(home, id) && (
          <Notice tone="bad">
            {t("device.removeAll")} {t(home.guardian ? "device.lostGuardian" : "device.lostForGood")}
          </Notice>
        )}
      </Confirm>
    </>
  );
}

/** The new device reads this one's code, and shows its own; this one reads that, or gets it as text. */
function AddDevice({ account, onDone }: { account: Account; onDone: () => void }) {
  const { t } = useDeviceWords();
  const name = useAccountNames(({ names }) => names[account.address]);
  const link = joinLink(location.origin, account.address, name);
  const { field, handleSubmit } = useFields(z.object({ code: letInField(account.address, t) }), { code: "" });
  const { change, busy } = useChange();
  const submit = handleSubmit(async ({ code }) => {
    if (await change(account.address, { name: "addSigner", args: [bytesOf(readLetIn(code)!.key)] })) onDone();
  });
  return (
    <form className="grid gap-4" onSubmit={(event) => void submit(event)}>
      <p>{t("finger.addFirst")}</p>
      <CodeBox code={link} label={t("finger.joinCode")} text={link} />
      <p>{t("finger.addThen")}</p>
      <TextField {...field("code")} label={t("finger.keyCode")} autoCapitalize="none" spellCheck={false} />
      <Button type="submit" look="primary" disabled={busy}>
        {t("finger.letIn")}
      </Button>
    </form>
  );
}

/** A wallet of the usual kind as a spare: it needs no device of this account to let a new one in. */
function AddWallet({ account, onDone }: { account: Account; onDone: () => void }) {
  const { t } = useDeviceWords();
  const { chainId } = useSystem().config.deployment;
  const { field, handleSubmit } = useFields(
    z.object({ wallet: guardianField(account.address, chainId, t) }),
    { wallet: "" },
  );
  const { change, busy } = useChange();
  const submit = handleSubmit(async ({ wallet }) => {
    if (await change(account.address, { name: "addSigner", args: [guardianOf(wallet)!] })) onDone();
  });
  return (
    <details className="mt-4 border-t pt-4">
      <summary className="cursor-pointer font-medium">{t("device.addWallet")}</summary>
      <form className="mt-3 grid gap-3" onSubmit={(event) => void submit(event)}>
        <p className="text-sm text-muted">{t("device.addWalletWhy")}</p>
        <TextField
          {...field("wallet")}
          label={t("device.walletField")}
          autoCapitalize="none"
          spellCheck={false}
        />
        <Button type="submit" disabled={busy}>
          {t("device.addWalletSubmit")}
        </Button>
      </form>
    </details>
  );
}

/** A key that came with the page's address: a camera read another device's code. */
export function LetInCard({ account, asked }: { account: Account; asked: LetIn }) {
  const { t } = useDeviceWords();
  const { change, busy } = useChange();
  return (
    <Card title={t("finger.letInTitle")}>
      <p className="mb-3 text-muted">{t("finger.letInWhy")}</p>
      <Button
        look="primary"
        className="w-full"
        disabled={busy}
        onClick={() => void change(account.address, { name: "addSigner", args: [bytesOf(asked.key)] })}
      >
        {t("finger.letIn")}
      </Button>
    </Card>
  );
}
