/** Choosing who trades: a demo account on the local chain, or a wallet that the browser offers (EIP-6963). */
import {
  BatteryMedium,
  Building2,
  Check,
  House,
  KeyRound,
  Landmark,
  UserRoundCog,
  Wallet,
} from "lucide-react";
import type { Address } from "viem";
import { type Connector, useConnectors } from "wagmi";
import {
  BROWSER_CONNECTOR,
  browserConnector,
  browserConnectorId,
  useVault,
} from "../browser-wallet/index.ts";
import { OpenWallet } from "../browser-wallet/open-wallet.tsx";
import { FINGERPRINT_CONNECTOR } from "../passkeys/index.ts";
import { DEMO_CONNECTOR, type DemoAccount, demoConnectorId, useSystem } from "../system/index.ts";
import { Button, Notice, Sheet } from "../ui/index.ts";
import { Called } from "./called.tsx";
import { demoLabel } from "./demo-label.ts";
import { Leave } from "./leave.tsx";
import LetIn from "./let-in.tsx";
import { useAccountSheet } from "./use-account-sheet.ts";
import { useChoose } from "./use-choose.ts";
import { FingerprintWays } from "./ways.tsx";
import { useDeviceWords } from "./words.ts";

const icons = {
  home: House,
  battery: BatteryMedium,
  utility: Building2,
  bank: Landmark,
  operator: UserRoundCog,
} as const;

/** Connectors that have a place of their own in the sheet. */
const ours: readonly string[] = [DEMO_CONNECTOR, BROWSER_CONNECTOR, FINGERPRINT_CONNECTOR];

export default function AccountSheet() {
  const { t } = useDeviceWords();
  const { chain, config } = useSystem();
  const { open, part, show, setOpen } = useAccountSheet();
  const { choose, chooseKept, chosen, error } = useChoose();

  const openKept = (address: Address) =>
    chooseKept(browserConnectorId(address), () => browserConnector(address, chain, config.rpcUrl));

  if (part === "device")
    return (
      <Sheet open={open} onOpenChange={setOpen} title={t("finger.newDevice")}>
        <LetIn onBack={() => show()} />
      </Sheet>
    );

  if (part)
    return (
      <Sheet open={open} onOpenChange={setOpen} title={t(`vault.${part}`)}>
        <OpenWallet way={part} onBack={() => show()} onDone={(address) => void openKept(address)} />
      </Sheet>
    );

  return (
    <Sheet open={open} onOpenChange={setOpen} title={t("account.title")}>
      {error && error.name !== "UserRejectedRequestError" && (
        <Notice tone="bad">{t("account.failed", { reason: error.message.split("\n")[0]! })}</Notice>
      )}
      <FingerprintWays onNewDevice={() => show("device")} />
      <DemoAccounts chosen={chosen?.id} onChoose={(connector) => void choose(connector)} />
      <Wallets
        chosen={chosen?.id}
        onChoose={(connector) => void choose(connector)}
        onChooseKept={(address) => void openKept(address)}
      />
      <div className="mt-2 grid grid-cols-2 gap-2">
        <Button look="quiet" onClick={() => show("create")}>
          {t("vault.create")}
        </Button>
        <Button look="quiet" onClick={() => show("import")}>
          {t("vault.import")}
        </Button>
      </div>
      {chosen && (
        <div className="mt-4">
          <Leave layer="over" />
        </div>
      )}
    </Sheet>
  );
}

type Choosing = {
  /** The connector in use, by its id. */
  chosen: string | undefined;
  onChoose: (connector: Connector) => void;
};

/** Those of the local chain, where there are any. */
function DemoAccounts({ chosen, onChoose }: Choosing) {
  const { t } = useDeviceWords();
  const { demoAccounts } = useSystem();
  const connectors = useConnectors();
  if (demoAccounts.length === 0) return null;
  return (
    <>
      <h3 className="mt-5 text-sm font-semibold">{t("account.demo")}</h3>
      <p className="mb-2 text-sm text-muted">{t("account.demoHint")}</p>
      <ul className="grid gap-1" aria-label={t("account.demo")}>
        {demoAccounts.map((account) => (
          <li key={account.name}>
            <DemoRow
              account={account}
              chosen={chosen === demoConnectorId(account.name)}
              onChoose={() => {
                const connector = connectors.find(({ id }) => id === demoConnectorId(account.name));
                if (connector) onChoose(connector);
              }}
            />
          </li>
        ))}
      </ul>
    </>
  );
}

/** What this browser keeps, and what offers itself in it. */
function Wallets({
  chosen,
  onChoose,
  onChooseKept,
}: Choosing & { onChooseKept: (address: Address) => void }) {
  const { t } = useDeviceWords();
  const kept = useVault(({ wallets }) => wallets);
  const wallets = useConnectors().filter(({ type }) => !ours.includes(type));
  return (
    <>
      <h3 className="mt-5 mb-2 text-sm font-semibold">{t("account.wallets")}</h3>
      <ul className="grid gap-2">
        {kept.map(({ address }) => (
          <li key={address}>
            <Button
              className="w-full justify-start"
              aria-pressed={chosen === browserConnectorId(address)}
              onClick={() => onChooseKept(address)}
            >
              <KeyRound className="size-5" />
              <Called account={address} />
            </Button>
          </li>
        ))}
        {wallets.map((connector) => (
          <li key={connector.uid}>
            <Button className="w-full justify-start" onClick={() => onChoose(connector)}>
              {connector.icon ? (
                <img src={connector.icon} alt="" className="size-5" />
              ) : (
                <Wallet className="size-5" />
              )}
              {connector.name}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

function DemoRow({
  account,
  chosen,
  onChoose,
}: {
  account: DemoAccount;
  chosen: boolean;
  onChoose: () => void;
}) {
  const i18n = useDeviceWords();
  const Icon = icons[account.role];
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className="flex min-h-12 w-full items-center gap-3 rounded-control px-3 py-2 text-left hover:bg-sunken aria-pressed:bg-accent-soft"
    >
      <Icon className="size-5 shrink-0 text-muted" />
      <span className="min-w-0 flex-1">
        <span className="block font-medium">{demoLabel(account, i18n)}</span>
        <span className="block truncate text-sm text-muted">{account.name}</span>
      </span>
      {chosen && <Check className="size-5 text-accent" />}
    </button>
  );
}
