/** What one can do in a room. Each throws a `Failure` with the server's sentence. */

import type { Calls } from "../api/calls";
import { Failure } from "../api/failure";
import { newNonce } from "../api/nonce";
import type { PayloadOf, Playback } from "../api/types";
import type { CurrentRoom } from "./room";

export class RoomCommands {
  constructor(
    private readonly calls: Calls,
    private readonly room: CurrentRoom,
  ) {}

  /** Go on, or begin with the queue. */
  play(): Promise<void> {
    return this.steer(this.calls.call("playback:play", { roomId: this.room.id }));
  }

  playNow(trackId: string): Promise<void> {
    return this.steer(this.calls.call("playback:play", { roomId: this.room.id, trackId }));
  }

  pause(): Promise<void> {
    return this.steer(this.calls.call("playback:pause", { roomId: this.room.id }));
  }

  /** Go to a position in seconds, unless something else happened in the meantime. */
  seek(position: number): Promise<void> {
    return this.steer(this.calls.call("playback:seek", { ...this.current(), position }));
  }

  /** Go on to the next track. Of two who skip at once only one does. */
  skip(): Promise<void> {
    return this.steer(this.calls.call("playback:skip", this.current()));
  }

  setRate(rate: number): Promise<void> {
    return this.steer(this.calls.call("playback:set_rate", { ...this.current(), rate }));
  }

  async voteSkip(queueItemId: string): Promise<{ votes: number; needed: number }> {
    return this.calls.call("playback:vote_skip", { roomId: this.room.id, queueItemId });
  }

  async add(trackId: string): Promise<void> {
    await this.calls.call("queue:add", { roomId: this.room.id, trackId, nonce: newNonce() });
  }

  /** Put all tracks of a playlist into the queue. */
  async addPlaylist(playlistId: string): Promise<void> {
    await this.calls.call("queue:add", { roomId: this.room.id, playlistId });
  }

  async remove(itemId: string): Promise<void> {
    await this.calls.call("queue:remove", { roomId: this.room.id, itemId });
  }

  /** Put an item at a place, counted from 0. */
  async move(itemId: string, position: number): Promise<void> {
    await this.calls.call("queue:move", { roomId: this.room.id, itemId, position });
  }

  async vote(itemId: string, vote: 1 | 0 | -1): Promise<void> {
    await this.calls.call("queue:vote", { roomId: this.room.id, itemId, vote });
  }

  async setRole(userId: string, role: "dj" | "listener"): Promise<void> {
    await this.calls.call("room:set_role", { roomId: this.room.id, userId, role });
  }

  async kick(userId: string): Promise<void> {
    await this.calls.call("room:kick", { roomId: this.room.id, userId });
  }

  async transfer(userId: string): Promise<void> {
    await this.calls.call("room:transfer_host", { roomId: this.room.id, userId });
  }

  async update(changes: Omit<PayloadOf<"room:update">, "roomId">): Promise<void> {
    this.room.changed(await this.calls.call("room:update", { roomId: this.room.id, ...changes }));
  }

  /** The code that lets others in where a room is not public; only its host gets it. */
  async inviteCode(): Promise<string | undefined> {
    return (await this.calls.call("room:get", { roomId: this.room.id })).inviteCode;
  }

  async close(): Promise<void> {
    await this.calls.call("room:close", { roomId: this.room.id });
  }

  private current(): { roomId: string; ifVersion?: number } {
    const ifVersion = this.room.playback.signal.peek()?.version;
    return ifVersion === undefined ? { roomId: this.room.id } : { roomId: this.room.id, ifVersion };
  }

  /** Take over the state that a command led to, or the one that it ran into. */
  private async steer(command: Promise<Playback>): Promise<void> {
    try {
      this.room.took(await command);
    } catch (error) {
      if (error instanceof Failure && error.code === "conflict" && isPlayback(error.data))
        this.room.took(error.data);
      throw error;
    }
  }
}

function isPlayback(data: unknown): data is Playback {
  return typeof (data as Playback | null)?.version === "number";
}
