import { useI18n } from "../i18n/index.ts";
import { Empty } from "../ui/index.ts";
import type { CommunityDay } from "./data.ts";

/** Export and import of all meters side by side for each day, the numbers in a table beneath. */
export function DailyBars({ days }: { days: readonly CommunityDay[] }) {
  const { t, format } = useI18n();
  if (days.length === 0) return <Empty title={t("statistics.noDays")} />;
  const most = days.reduce((high, { exportedWh, importedWh }) => {
    const larger = exportedWh > importedWh ? exportedWh : importedWh;
    return larger > high ? larger : high;
  }, 1n);
  const height = (wattHours: bigint) => `${Math.max(Number((wattHours * 100n) / most), 1)}%`;
  return (
    <>
      <div className="flex gap-4 text-sm">
        <span className="flex items-center gap-1.5">
          <span className="size-3 rounded-xs bg-sun-fill" />
          {t("meters.export")}
        </span>
        <span className="flex items-center gap-1.5">
          <span className="size-3 rounded-xs bg-house" />
          {t("meters.import")}
        </span>
      </div>
      <div aria-hidden className="mt-3 flex h-40 items-end gap-2 border-b">
        {days.map(({ start, exportedWh, importedWh }) => (
          <div key={start} className="flex h-full flex-1 items-end justify-center gap-0.5">
            <div
              className="w-full max-w-5 rounded-t-xs bg-sun-fill"
              style={{ height: height(exportedWh) }}
              title={format.energy(exportedWh)}
            />
            <div
              className="w-full max-w-5 rounded-t-xs bg-house"
              style={{ height: height(importedWh) }}
              title={format.energy(importedWh)}
            />
          </div>
        ))}
      </div>
      <div className="mt-4 overflow-x-auto">
        <table className="w-full text-sm" aria-label={t("statistics.community")}>
          <thead>
            <tr className="border-b text-muted">
              <th scope="col" className="py-2 text-left font-medium">
                {t("statistics.day")}
              </th>
              <th scope="col" className="py-2 text-right font-medium">
                {t("meters.export")}
              </th>
              <th scope="col" className="py-2 text-right font-medium">
                {t("meters.import")}
              </th>
            </tr>
          </thead>
          <tbody className="divide-y">
            {days.toReversed().map(({ start, exportedWh, importedWh }) => (
              <tr key={start}>
                <th scope="row" className="py-2 text-left font-normal">
                  {format.day(start)}
                </th>
                <td className="number py-2 text-right">{format.energy(exportedWh)}</td>
                <td className="number py-2 text-right">{format.energy(importedWh)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
