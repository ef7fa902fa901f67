import {
  type Connector,
  type CreateConnectorFn,
  useConnect,
  useConnection,
  useConnectors,
  useDisconnect,
} from "wagmi";
import { useAccountSheet } from "./use-account-sheet.ts";

/** Connects an account in the place of the one that is connected, and closes the sheet in which it was chosen. */
export function useChoose() {
  const connectors = useConnectors();
  const connection = useConnection();
  const connect = useConnect();
  const disconnect = useDisconnect();
  const { setOpen } = useAccountSheet();

  async function choose(connector: Connector | CreateConnectorFn): Promise<void> {
    if ("uid" in connector && connection.connector?.uid === connector.uid) return setOpen(false);
    if (connection.connector) await disconnect.mutateAsync({ connector: connection.connector });
    try {
      await connect.mutateAsync({ connector });
    } catch {
      // It stands in `error`.
      return;
    }
    // Whoever asked may not be shown any more by then, so it is no mutation's callback.
    setOpen(false);
  }

  return {
    choose,
    /** @param make One that was made since the page was loaded is no connector yet. */
    chooseKept: (id: string, make: () => CreateConnectorFn) =>
      choose(connectors.find((known) => known.id === id) ?? make()),
    chosen: connection.connector,
    error: connect.error,
  };
}
