/** An address's search, as plain text: read as JSON, `?price=1.310` would be 1.31, and nobody would be asked which it is. */
import { parseSearchWith, stringifySearchWith } from "@tanstack/react-router";

export const parseAddress = parseSearchWith((text) => text);
export const writeAddress = stringifySearchWith(JSON.stringify);
