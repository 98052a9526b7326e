import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { room, watch } from "../app";
import { ChatForm } from "./ChatForm";
import { ChatDraft, ChatMessage } from "./ChatMessage";
import { listed } from "./format";

/** So near to its end the list follows new messages, px. */
const NEAR_PX = 80;

/** The conversation beside the music. */
export function ChatPanel() {
  return (
    <section class="card panel panel-chat" aria-labelledby="chat-title">
      <div class="card-head"><h2 id="chat-title">Chat</h2></div>
      <Log />
      <p class="typing muted" aria-live="off">{typingText()}</p>
      <ChatForm />
    </section>
  );
}

function Log() {
  const { timeline, outbox, hasOlder, isLoading } = room.chat;
  const messages = timeline.messages.value;
  const drafts = outbox.drafts.value;
  const box = useRef<HTMLDivElement>(null);
  const moved = useScroll(box, messages[0]?.id, messages.length, drafts.length);
  return (
    <div
      ref={box}
      class="chat-log"
      role="log"
      aria-live="polite"
      aria-relevant="additions"
      aria-label="Messages"
      tabIndex={0}
      onScroll={({ currentTarget }) => {
        moved();
        if (currentTarget.scrollTop < NEAR_PX && hasOlder.value) watch(room.chat.older());
      }}
    >
      {hasOlder.value && (
        <button type="button" class="quiet small centre" disabled={isLoading.value} onClick={() => watch(room.chat.older())}>
          Older messages
        </button>
      )}
      {messages.length + drafts.length === 0 && <p class="empty">Nobody has said anything yet.</p>}
      {messages.map((message, index) => (
        <ChatMessage key={message.id} message={message} before={messages[index - 1]} />
      ))}
      {drafts.map((draft) => <ChatDraft key={draft.nonce} draft={draft} />)}
    </div>
  );
}

/**
 * Stay at the end while one is there, and in place while older messages come in above; with a
 * message of one's own go to the end. Returns what to call after scrolling.
 */
function useScroll(
  box: { readonly current: HTMLElement | null },
  firstId: string | undefined,
  messages: number,
  drafts: number,
): () => void {
  const isAtEnd = useRef(true);
  const fromEnd = useRef(0);
  const seen = useRef({ firstId, drafts });
  const moved = (): void => {
    const element = box.current;
    if (element === null) return;
    fromEnd.current = element.scrollHeight - element.scrollTop;
    isAtEnd.current = fromEnd.current - element.clientHeight < NEAR_PX;
  };
  const toEnd = (): void => void box.current?.scrollTo({ top: box.current.scrollHeight });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (isAtEnd.current || drafts > seen.current.drafts) toEnd();
    else if (seen.current.firstId !== firstId) element.scrollTop = element.scrollHeight - fromEnd.current;
    seen.current = { firstId, drafts };
    moved();
  }, [firstId, messages, drafts]);
  useEffect(() => {
    if (box.current === null) return undefined;
    // Also when it comes into view: on a phone it is a tab.
    const observer = new ResizeObserver(() => isAtEnd.current && toEnd());
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return moved;
}

function typingText(): string {
  const names = room.chat.typing.users.value.map((id) => room.nameOf(id));
  if (names.length === 0) return "";
  return `${listed(names)} ${names.length === 1 ? "is" : "are"} typing…`;
}
