import { useSignal } from "@preact/signals";
import { commands, hearing, room, toasts, watch } from "../app";
import { counted } from "./format";
import { Icon } from "./Icon";

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** Play, pause and skip for those in control, a vote for the others, the volume for oneself. */
export function Controls() {
  const isAllowed = room.isInControl.value;
  return (
    <div class="controls">
      {isAllowed ? <Transport /> : <VoteSkip />}
      {isAllowed && <Rate />}
      <Volume />
    </div>
  );
}

function Transport() {
  const playback = room.playback.signal.value;
  const status = playback?.status ?? "stopped";
  const isOn = status === "playing" || status === "waiting";
  const hasNext = status !== "stopped" || (room.queue.signal.value?.queue.length ?? 0) > 0;
  return (
    <div class="transport">
      <button
        type="button"
        class="primary round big"
        data-testid={isOn ? "pause" : "play"}
        aria-label={isOn ? "Pause" : "Play"}
        disabled={!hasNext}
        onClick={() => {
          hearing.unlock();
          watch(isOn ? commands.pause() : commands.play());
        }}
      >
        <Icon name={isOn ? "pause" : "play"} />
      </button>
      <button
        type="button"
        class="round"
        data-testid="skip"
        aria-label="Skip to the next track"
        disabled={status === "stopped"}
        onClick={() => watch(commands.skip())}
      >
        <Icon name="skip" />
      </button>
    </div>
  );
}

/** What one knows of the votes is from one's own: the server tells who votes. */
function VoteSkip() {
  const cast = useSignal<{ itemId: string; text: string } | null>(null);
  const itemId = room.playback.signal.value?.queueItemId ?? null;
  const vote = async (id: string): Promise<void> => {
    const { votes, needed } = await commands.voteSkip(id);
    cast.value = { itemId: id, text: `${votes} of ${counted(needed, "vote")}` };
    if (votes < needed) toasts.say(`You voted to skip: ${cast.value.text}.`);
  };
  const mine = cast.value !== null && cast.value.itemId === itemId ? cast.value.text : null;
  return (
    <button
      type="button"
      data-testid="vote-skip"
      disabled={itemId === null || mine !== null}
      onClick={() => itemId !== null && watch(vote(itemId))}
    >
      <Icon name="skip" /> {mine ?? "Vote to skip"}
    </button>
  );
}

function Rate() {
  const rate = room.playback.signal.value?.rate ?? 1;
  const rates = RATES.includes(rate) ? RATES : [...RATES, rate].sort((one, other) => one - other);
  return (
    <label class="rate">
      <span class="visually-hidden">Speed</span>
      <select value={rate} data-testid="rate" onChange={(event) => watch(commands.setRate(Number(event.currentTarget.value)))}>
        {rates.map((one) => <option key={one} value={one}>{one}×</option>)}
      </select>
    </label>
  );
}

function Volume() {
  return (
    <label class="volume">
      <Icon name="volume" />
      <span class="visually-hidden">Volume</span>
      <input
        type="range"
        min={0}
        max={1}
        step={0.05}
        data-testid="volume"
        value={hearing.volume.value}
        aria-valuetext={`${Math.round(hearing.volume.value * 100)} %`}
        onInput={(event) => hearing.setVolume(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}
