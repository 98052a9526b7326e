import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Playback } from "../api/types";
import { hearing, room } from "../app";
import { Controls } from "./Controls";
import { Cover } from "./Cover";
import { listed } from "./format";
import { Icon } from "./Icon";
import { SyncPanel } from "./SyncPanel";
import { Waveform } from "./Waveform";

/** A browser that permits sound has let it out by then, ms. */
const TRY_MS = 400;

/** What plays, where it is, and how to steer it. */
export function PlayerCard() {
  const playback = room.playback.signal.value;
  const track = playback?.track ?? null;
  return (
    <section class="card player" aria-label="Player">
      <div class="now">
        <Cover track={track} />
        <div class="now-text">
          <PlaybackStatus playback={playback} />
          <h2 class="now-title">{track?.name ?? "Nothing is on"}</h2>
          <p class="muted">{track ? (track.artist?.name ?? "Unknown artist") : "Add a recording to the queue and press play."}</p>
        </div>
      </div>
      <Unlock />
      <Waveform />
      <Controls />
      <SyncPanel />
    </section>
  );
}

function PlaybackStatus({ playback }: { playback: Playback | null }) {
  const status = playback?.status ?? "stopped";
  return (
    <p class={`status status-${status}`} role="status" data-testid="playback-status" data-status={status} data-version={playback?.version ?? 0}>
      <span class="bars" aria-hidden="true"><i /><i /><i /></span>
      {statusText(playback)}
    </p>
  );
}

function statusText(playback: Playback | null): string {
  if (playback === null || playback.status === "stopped") return "Stopped";
  if (playback.status === "paused") return "Paused";
  if (playback.status === "waiting")
    return `Waiting for ${listed(playback.waitingFor.map((id) => room.nameOf(id)))}`;
  if (hearing.state.value === "loading") return "Playing, and loading here";
  if (hearing.state.value === "failed") return "Playing, but it cannot be loaded here. Trying again";
  return "Playing";
}

/** Browsers are silent until a click: this is the one to make, where one is wanted. */
function Unlock() {
  const wasTried = useSignal(false);
  useEffect(() => {
    hearing.unlock();
    const timer = setTimeout(() => (wasTried.value = true), TRY_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!wasTried.value || (hearing.isUnlocked.value && hearing.state.value !== "locked")) return null;
  return (
    <div class="unlock">
      <p>Your browser waits for a click before it plays sound.</p>
      <button type="button" class="primary" data-testid="unlock" onClick={() => hearing.unlock()}>
        <Icon name="volume" /> Start listening
      </button>
    </div>
  );
}
