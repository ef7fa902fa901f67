/** Making a notification heard and seen outside the page, where the reader asked for it. */

/** Two short tones; nothing where the browser does not play without being touched first. */
export function play(): void {
  const audio = new AudioContext();
  const volume = audio.createGain();
  volume.gain.value = 0.08;
  volume.connect(audio.destination);
  for (const [index, hertz] of [660, 880].entries()) {
    const tone = audio.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(volume);
    tone.start(audio.currentTime + index * 0.14);
    tone.stop(audio.currentTime + index * 0.14 + 0.12);
    if (index === 1) tone.onended = () => void audio.close();
  }
}

/** Asks the reader. @returns whether the system may show notifications */
export const askSystem = async (): Promise<boolean> =>
  "Notification" in window && (await Notification.requestPermission()) === "granted";

/** Shown by the service worker where there is one, since phones allow it only there. */
export async function showSystem(title: string, body: string): Promise<void> {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const options = { body, icon: "/icon-192.png", tag: title };
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration) await registration.showNotification(title, options);
  else new Notification(title, options);
}
