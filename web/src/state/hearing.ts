/** The clock and the player, as signals that the page can show. */

import { signal } from "@preact/signals";
import { browserHost, browserTime, ServerClock, SyncPlayer } from "../sync";
import type { Calls } from "../api/calls";
import type { Drawer } from "../api/tokens";

const VOLUME_KEY = "soundroom.volume";
const SHOWN_EVERY_MS = 500;

/** Times in ms. */
export interface Figures {
  readonly synced: boolean;
  /** Server time minus this machine's wall clock. */
  readonly offset: number;
  readonly roundTrip: number;
  readonly uncertainty: number;
  /** How far our sound is ahead of the room; null while nothing is measured. */
  readonly drift: number | null;
}

export class Hearing {
  readonly clock: ServerClock;
  readonly player: SyncPlayer;
  readonly state = signal<SyncPlayer["state"]>("idle");
  readonly figures = signal<Figures | null>(null);
  /** Whether the browser has let sound out. */
  readonly isUnlocked = signal(false);
  readonly volume = signal(1);

  /** `roomId` names the room that the player's messages are about. */
  constructor(
    calls: Calls,
    roomId: () => string,
    private readonly drawer: Drawer,
  ) {
    this.clock = new ServerClock({
      probe: (clientTime) => calls.probe("clock:sync", { clientTime }),
      ...browserTime,
    });
    this.player = new SyncPlayer({
      clock: this.clock,
      host: browserHost(),
      onReady: (version) => void calls.call("playback:ready", { roomId: roomId(), version }).catch(passes),
      onReport: (report) => {
        const asked = calls.probe("playback:report", { roomId: roomId(), ...report });
        asked.then((advice) => this.player.advise(advice)).catch(passes);
      },
      onChange: () => this.refresh(),
    });
    this.setVolume(Number(drawer.getItem(VOLUME_KEY) ?? 0.8));
    setInterval(() => this.refresh(), SHOWN_EVERY_MS);
  }

  setVolume(level: number): void {
    this.player.volume = this.volume.value = Number.isFinite(level) ? level : 1;
    this.drawer.setItem(VOLUME_KEY, String(this.volume.value));
  }

  /** Let sound out. From a click it works everywhere; without one, where the browser permits. */
  unlock(): void {
    this.player.unlock().then(() => {
      this.isUnlocked.value = true;
    }, passes);
  }

  private refresh(): void {
    const { clock, player } = this;
    this.state.value = player.state;
    if (player.state === "playing") this.isUnlocked.value = true;
    this.figures.value = {
      synced: clock.synced,
      offset: clock.serverNow() - Date.now(),
      roundTrip: clock.roundTrip,
      uncertainty: clock.uncertainty,
      drift: player.drift,
    };
  }
}

/** What fails here is measured or asked again anyway. */
function passes(): void {}
