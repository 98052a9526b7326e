/** Numbers as people read them. */

/** Seconds as `3:07` or `1:02:09`. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** Seconds as a screen reader says them: `3 minutes 7 seconds`. */
export function spokenTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [part(Math.floor(whole / 60), "minute"), part(whole % 60, "second")];
  return parts.filter(Boolean).join(" ") || "0 seconds";
}

/** Milliseconds with a sign: `+3.2 ms`. */
export function signedMs(ms: number): string {
  const rounded = ms.toFixed(1);
  return `${ms > 0 && Number(rounded) !== 0 ? "+" : ""}${Number(rounded) === 0 ? "0.0" : rounded} ms`;
}

export function plainMs(ms: number): string {
  return Number.isFinite(ms) ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : "–";
}

/** `1 listener`, `3 listeners`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `Ada`, `Ada and Grace`, `Ada, Grace and 2 others`. */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  const all = rest > 0 ? [...shown, counted(rest, "other")] : [...shown];
  const last = all.pop() ?? "";
  return all.length === 0 ? last : `${all.join(", ")} and ${last}`;
}

/** The time of day, or the day and time where that was not today. */
export function moment(iso: string, now: Date = new Date()): string {
  const at = new Date(iso);
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  if (at.toDateString() === now.toDateString()) return at.toLocaleTimeString([], time);
  return at.toLocaleString([], { day: "numeric", month: "short", ...time });
}

/** The order matters: most browsers call themselves by others' names too. */
const BROWSERS = [
  [/Edg/, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\/|FxiOS/, "Firefox"],
  [/Chrome\/|CriOS/, "Chrome"],
  [/Safari\//, "Safari"],
] as const;

const SYSTEMS = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux|X11/, "Linux"],
] as const;

/** `Firefox on Linux`, of what a browser says about itself; what else is there as it is. */
export function deviceName(userAgent: string): string {
  const [browser, system] = [BROWSERS, SYSTEMS].map((known) => known.find(([mark]) => mark.test(userAgent))?.[1]);
  if (browser !== undefined && system !== undefined) return `${browser} on ${system}`;
  return browser ?? (userAgent || "An unknown device");
}

function part(count: number, unit: string): string {
  return count === 0 ? "" : counted(count, unit);
}
