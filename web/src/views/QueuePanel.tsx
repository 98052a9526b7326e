import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { QueueItem } from "../api/types";
import { commands, hearing, room, session, watch } from "../app";
import { Cover } from "./Cover";
import { clockTime, counted } from "./format";
import { Icon } from "./Icon";

/** What comes next. */
export function QueuePanel() {
  const queue = room.queue.signal.value?.queue ?? [];
  const next = queue[0]?.track;
  useEffect(() => {
    if (next) hearing.player.preload(next);
  }, [next?.id]);
  return (
    <section class="card panel panel-queue" aria-labelledby="queue-title">
      <div class="card-head">
        <h2 id="queue-title">Up next</h2>
        {queue.length > 0 && <span class="badge">{counted(queue.length, "track")}</span>}
      </div>
      {queue.length === 0 ? (
        <p class="empty">The queue is empty. Upload a recording, or add one from the library.</p>
      ) : (
        <ol class="track-list" data-testid="queue">
          {queue.map((item, index) => (
            <Item key={item.id} item={item} index={index} isLast={index === queue.length - 1} />
          ))}
        </ol>
      )}
    </section>
  );
}

interface ItemProps {
  item: QueueItem;
  index: number;
  isLast: boolean;
}

function Item({ item, index, isLast }: ItemProps) {
  const { track, addedBy } = item;
  const order = room.room.value?.queueOrder;
  const isAllowed = room.isInControl.value;
  const isOwn = addedBy === session.user.value?.id;
  // By votes nobody moves anything; in turn by person everybody orders what is their own.
  const isMovable = order === "fair" ? isAllowed || isOwn : order === "fifo" && isAllowed;
  return (
    <li class="track" data-testid="queue-item" data-item-id={item.id}>
      <Cover track={track} />
      <div class="track-text">
        <strong>{track.name}</strong>
        <span class="muted">
          {clockTime(track.duration)} · {isOwn ? "added by you" : `added by ${room.nameOf(addedBy)}`}
        </span>
      </div>
      <div class="track-actions">
        {order === "votes" && <Votes item={item} />}
        {isMovable && (
          <>
            <Action icon="up" label={`Move ${track.name} up`} disabled={index === 0} run={() => commands.move(item.id, index - 1)} />
            <Action icon="down" label={`Move ${track.name} down`} disabled={isLast} run={() => commands.move(item.id, index + 1)} />
          </>
        )}
        {(isAllowed || isOwn) && (
          <Action icon="close" label={`Remove ${track.name} from the queue`} run={() => commands.remove(item.id)} />
        )}
      </div>
    </li>
  );
}

interface ActionProps {
  icon: "up" | "down" | "close";
  label: string;
  disabled?: boolean;
  run: () => Promise<void>;
}

function Action({ icon, label, disabled = false, run }: ActionProps) {
  return (
    <button type="button" class="quiet round" aria-label={label} title={label} disabled={disabled} onClick={() => watch(run())}>
      <Icon name={icon} />
    </button>
  );
}

/** The sum of all votes, and one's own as far as this page knows it. */
function Votes({ item }: { item: QueueItem }) {
  const mine = useSignal<1 | 0 | -1>(0);
  const vote = (value: 1 | -1): void => {
    const next = mine.value === value ? 0 : value;
    watch(
      commands.vote(item.id, next).then(() => {
        mine.value = next;
      }),
    );
  };
  return (
    <span class="votes">
      <button type="button" class="quiet round" aria-label={`Vote for ${item.track.name}`} aria-pressed={mine.value === 1} data-testid="vote-up" onClick={() => vote(1)}>
        <Icon name="up" />
      </button>
      <span aria-label={counted(item.votes, "vote")} data-testid="votes">{item.votes}</span>
      <button type="button" class="quiet round" aria-label={`Vote against ${item.track.name}`} aria-pressed={mine.value === -1} data-testid="vote-down" onClick={() => vote(-1)}>
        <Icon name="down" />
      </button>
    </span>
  );
}
