import type { Message } from "../api/types";
import { room, session } from "../app";
import type { Draft } from "../state/outbox";
import { Avatar } from "./Avatar";
import { moment } from "./format";

/** Messages of one author within this time stand together, ms. */
const TOGETHER_MS = 5 * 60_000;

export function ChatMessage({ message, before }: { message: Message; before: Message | undefined }) {
  const { author, content, timestamp, edited } = message;
  const follows = before !== undefined && standTogether(before, message);
  return (
    <article class={`message ${follows ? "is-following" : ""}`} data-testid="chat-message" data-message-id={message.id}>
      {!follows && <Avatar user={author} />}
      <div class="message-body">
        <p class={follows ? "visually-hidden" : "message-head"}>
          <strong>{author?.displayName ?? "Somebody who has gone"}</strong>
          <time class="muted" dateTime={timestamp}>{moment(timestamp)}</time>
        </p>
        <p class="message-text">
          {content}
          {edited && <span class="muted small"> (edited)</span>}
        </p>
      </div>
    </article>
  );
}

const STATES = { sending: "Sending…", waiting: "Waiting for the connection…", failed: "" };

/** A message that is still on its way. */
export function ChatDraft({ draft }: { draft: Draft }) {
  const { nonce, content, state, problem } = draft;
  return (
    <article class="message is-draft" data-testid="chat-draft">
      <Avatar user={session.user.value} />
      <div class="message-body">
        <p class="message-text">{content}</p>
        {state === "failed" ? (
          <p class="error small" role="alert">
            {problem}{" "}
            <button type="button" class="as-link" onClick={() => room.chat.outbox.retry(nonce)}>Try again</button>{" "}
            <button type="button" class="as-link" onClick={() => room.chat.outbox.discard(nonce)}>Discard</button>
          </p>
        ) : (
          <p class="muted small">{STATES[state]}</p>
        )}
      </div>
    </article>
  );
}

function standTogether(one: Message, next: Message): boolean {
  if (one.userId !== next.userId) return false;
  return Date.parse(next.timestamp) - Date.parse(one.timestamp) < TOGETHER_MS;
}
