export { NearbyPage } from "./nearby-page.tsx";
