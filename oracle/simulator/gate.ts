/** The switch at a grid connection: what would flow while a direction is closed is not counted, then or later. */
import type { HourlyRegisters } from "./homes.ts";

export type GridMode = "import" | "export" | "both" | "off";

export type Gate = ReturnType<typeof makeGate>;

export function makeGate() {
  let mode: GridMode = "both";
  let connected = true;
  let before: HourlyRegisters | undefined;
  let withheldExportWh = 0n;
  let withheldImportWh = 0n;

  const open = () => ({
    export: connected && (mode === "both" || mode === "export"),
    import: connected && (mode === "both" || mode === "import"),
  });

  return {
    /** Which directions are open. */
    open,
    setMode: (wanted: GridMode) => {
      mode = wanted;
    },
    /** The relay opens or closes the whole connection. */
    setConnected: (wanted: boolean) => {
      connected = wanted;
    },
    /** What the meter counts, given what would have flowed by now; call it before and after a change as well. */
    pass: (wanted: HourlyRegisters): HourlyRegisters => {
      if (before && !open().export) withheldExportWh += wanted.exportWh - before.exportWh;
      if (before && !open().import) withheldImportWh += wanted.importWh - before.importWh;
      before = wanted;
      return { exportWh: wanted.exportWh - withheldExportWh, importWh: wanted.importWh - withheldImportWh };
    },
  };
}
