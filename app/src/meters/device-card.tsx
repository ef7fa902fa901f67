/** The device behind a meter: what it does now, settling at once, and what it may be told. */
import { useI18n } from "../i18n/index.ts";
import { type Device, useDevices, useOracle } from "../oracle/index.ts";
import { Badge, Button, Card, Notice, Skeleton, Time, type Tone, useOpenSheet } from "../ui/index.ts";
import { CommandSheet } from "./command-sheet.tsx";
import type { Meter } from "./data.ts";
import { LiveFlow } from "./live-flow.tsx";

const deviceTones: Record<Device["state"], Tone> = {
  online: "good",
  late: "warning",
  offline: "bad",
  lost: "bad",
  unknown: "neutral",
};
const commandTones: Record<string, Tone> = { done: "good", rejected: "bad", expired: "bad" };

const unix = (iso: string) => Math.floor(Date.parse(iso) / 1_000);

/** A battery's own meter, or a home's with a battery behind it. */
const hasBattery = (
  { kind }: Meter,
  { batteryW, chargePercent }: NonNullable<Device["telemetry"]>,
): boolean => kind === "BATTERY" || batteryW !== 0 || chargePercent > 0;

export function DeviceCard({ meter }: { meter: Meter }) {
  const { t, lookup } = useI18n();
  const asked = useDevices([meter.serial]);
  const device = asked.data?.[0];
  const { post, signInOnly, busy, outcome } = useOracle();
  const [commanding, setCommanding] = useOpenSheet("command");

  if (!asked.data)
    return (
      <Card title={t("meters.device")}>
        {/* As high as what it would say, so that nothing moves when it turns out that it cannot. */}
        {asked.isError ? (
          <div className="min-h-68">
            <Notice tone="warning">{t("oracle.away")}</Notice>
          </div>
        ) : (
          <Skeleton className="h-68" />
        )}
      </Card>
    );
  if (!device)
    return (
      <Card title={t("meters.device")}>
        <p className="text-sm text-muted">{t("device.unknown")}</p>
      </Card>
    );
  return (
    <Card
      title={t("meters.device")}
      aside={<Badge tone={deviceTones[device.state]}>{t(`device.${device.state}`)}</Badge>}
    >
      {device.telemetry && (
        <LiveFlow power={device.telemetry} hasBattery={hasBattery(meter, device.telemetry)} />
      )}
      <p className="text-sm text-muted">
        {device.lastHeard && (
          <>
            {t("device.heard")} <Time at={unix(device.lastHeard)} />
          </>
        )}
        {device.firmware && ` · ${device.firmware}`}
      </p>
      {device.access === "public" && (
        <div className="mt-2 flex flex-wrap items-center justify-between gap-2 text-sm">
          <p className="text-muted">{t("device.private")}</p>
          <Button size="small" disabled={busy} onClick={() => void signInOnly()}>
            {t("device.signIn")}
          </Button>
        </div>
      )}
      {device.hold && <Notice tone="warning">{t("device.held", { reason: device.hold.detail })}</Notice>}
      <div className="mt-3 grid grid-cols-2 gap-2">
        <Button
          look="primary"
          disabled={busy}
          onClick={() =>
            void post(
              (oracle) =>
                oracle.POST("/api/v1/energy/settle/{meterId}", {
                  params: { path: { meterId: meter.serial } },
                }),
              ({ status }) => t(status === "settled" ? "device.settledAlready" : "device.settling"),
            )
          }
        >
          {t("device.settleNow")}
        </Button>
        <Button onClick={() => setCommanding(true)}>{t("device.command")}</Button>
      </div>
      {outcome && (
        <div className="mt-3">
          <Notice tone={outcome.tone}>{outcome.text}</Notice>
        </div>
      )}
      {device.commands.length > 0 && (
        <ul className="mt-3 divide-y border-t text-sm" aria-label={t("device.commands")}>
          {device.commands.map(({ id, name, status, reason, createdAt }) => (
            <li key={id} className="flex items-center justify-between gap-3 py-2">
              <span className="min-w-0">
                <span className="block truncate font-medium">{lookup(`command.${name}`) ?? name}</span>
                <span className="block truncate text-muted">
                  <Time at={unix(createdAt)} />
                  {reason && ` · ${reason}`}
                </span>
              </span>
              <Badge tone={commandTones[status] ?? "warning"}>
                {lookup(`command.status.${status}`) ?? status}
              </Badge>
            </li>
          ))}
        </ul>
      )}
      <CommandSheet
        meter={meter}
        after={device.commands[0]?.nonce}
        open={commanding}
        onClose={() => setCommanding(false)}
      />
    </Card>
  );
}
