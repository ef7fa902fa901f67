export { FINGERPRINT_CONNECTOR, fingerprintConnector, fingerprintConnectorId } from "./connector.ts";
export { type Fingerprint, useFingerprints } from "./kept.ts";
