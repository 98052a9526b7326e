import { hearing } from "../app";
import { plainMs, signedMs } from "./format";

/** How well this device agrees with the server and with the room. */
export function SyncPanel() {
  const figures = hearing.figures.value;
  const isKnown = figures?.synced ?? false;
  const drift = figures?.drift ?? null;
  return (
    <dl class="sync" aria-label="Synchronisation">
      <Figure id="sync-offset" name="Offset" says="The server's clock less this device's" value={isKnown ? signedMs(figures!.offset) : "…"} />
      <Figure id="sync-rtt" name="Round trip" says="To the server and back" value={isKnown ? plainMs(figures!.roundTrip) : "…"} />
      <Figure id="sync-drift" name="Drift" says="How far the sound here is ahead of the room" value={drift === null ? "–" : signedMs(drift)} />
      <Figure id="sync-uncertainty" name="Uncertainty" says="How well the server's clock is known here" value={isKnown ? `±${plainMs(figures!.uncertainty)}` : "…"} />
    </dl>
  );
}

function Figure({ id, name, says, value }: { id: string; name: string; says: string; value: string }) {
  return (
    <div class="figure" title={says}>
      <dt>{name}</dt>
      <dd data-testid={id}>{value}</dd>
    </div>
  );
}
