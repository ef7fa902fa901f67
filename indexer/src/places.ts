/** By which cell an offer's place is searched. */
import { cellToParent, getResolution } from "h3-js";

/** Cells of some 250 km²: a search of 50 km looks at about two hundred of them. */
const SEARCH_RESOLUTION = 5;

/** The resolution at which cells of `resolution` are searched. */
export const searchResolution = (resolution: number) => Math.min(resolution, SEARCH_RESOLUTION);

/** The cell by which `cell` is found: the one of resolution 5 above it, or itself where it is no finer. */
export const searchCellOf = (cell: string) => cellToParent(cell, searchResolution(getResolution(cell)));
