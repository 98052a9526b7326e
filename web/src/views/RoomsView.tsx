import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { connection, rooms, watch } from "../app";
import type { Room } from "../api/types";
import { go } from "../state/route";
import { CreateRoom } from "./CreateRoom";
import { counted } from "./format";
import { hueOf } from "./hue";
import { Listed } from "./Listed";
import { Search } from "./Search";

const CONTROL = { host: "The host plays", djs: "Host and DJs play", everyone: "Everyone plays" };
const REFRESH_MS = 15_000;
const NO_ROOM = "No room is open here. Create one, and send somebody its link.";

/** All rooms that one may join, and a new one. */
export function RoomsView() {
  const isOnline = connection.status.value === "online";
  useEffect(() => {
    if (!isOnline) return undefined;
    watch(rooms.search());
    const timer = setInterval(() => void rooms.refresh().catch(() => undefined), REFRESH_MS);
    return () => clearInterval(timer);
  }, [isOnline]);
  return (
    <div class="rooms">
      <section class="card" aria-labelledby="rooms-title">
        <div class="card-head">
          <h1 id="rooms-title">Rooms</h1>
          <Search label="Search rooms" onSearch={(query) => watch(rooms.search(query))} />
        </div>
        <Listed from={rooms} as="room-list" looking="Looking for rooms…" none={NO_ROOM}>
          {(room) => <RoomItem key={room.id} room={room} />}
        </Listed>
      </section>
      <div class="rooms-side">
        <CreateRoom />
        <JoinByLink />
      </div>
    </div>
  );
}

function RoomItem({ room }: { room: Room }) {
  return (
    <li>
      <a class="room-item" href={`#/room/${room.id}`} data-testid="room-item" data-room-id={room.id}>
        <span class="room-dot" style={{ "--hue": hueOf(room.id) }} aria-hidden="true" />
        <span class="room-item-text">
          <strong>{room.name}</strong>
          <span class="muted">
            {CONTROL[room.controlMode]}
            {room.visibility === "public" ? "" : ` · ${room.visibility}`}
          </span>
        </span>
        <span class="badge">{counted(room.memberCount, "member")}</span>
      </a>
    </li>
  );
}

function JoinByLink() {
  const link = useSignal("");
  const isWrong = useSignal(false);
  const join = (event: Event): void => {
    event.preventDefault();
    const [, roomId, invite] = /room\/([0-9a-f-]{36})(?:\?invite=([\w-]+))?/i.exec(link.value) ?? [];
    isWrong.value = roomId === undefined;
    if (roomId !== undefined) go(invite === undefined ? { page: "room", roomId } : { page: "room", roomId, invite });
  };
  return (
    <form class="card" onSubmit={join} aria-labelledby="link-title">
      <h2 id="link-title">Have a link?</h2>
      <div class="inline">
        <input
          aria-label="Invitation link"
          placeholder="Paste an invitation"
          aria-invalid={isWrong.value}
          aria-describedby={isWrong.value ? "link-error" : undefined}
          value={link.value}
          onInput={(event) => (link.value = event.currentTarget.value)}
        />
        <button type="submit">Join</button>
      </div>
      {isWrong.value && <p id="link-error" class="error" role="alert">This is no link to a room.</p>}
    </form>
  );
}
