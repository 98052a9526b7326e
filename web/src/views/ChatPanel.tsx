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
  const scroll = useScroll(box, messages[0]?.id, messages.length + drafts.length);
  useEffect(() => {
    if (messages.length > 0) return;
    scroll.toEnd();
  }, [messages.length]);
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
        scroll.moved();
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

/** Stay at the end while one is there, and in place while older messages come in above. */
function useScroll(box: { readonly current: HTMLElement | null }, firstId: string | undefined, count: number) {
  const isAtEnd = useRef(true);
  const fromEnd = useRef(0);
  const seenFirst = useRef(firstId);
  const moved = (): void => {
    const element = box.current;
    if (element === null) return;
    fromEnd.current = element.scrollHeight - element.scrollTop;
    isAtEnd.current = fromEnd.current - element.clientHeight < NEAR_PX;
  };
  const toEnd = (): void => box.current?.scrollTo({ top: box.current.scrollHeight });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (isAtEnd.current) toEnd();
    else if (seenFirst.current !== firstId) element.scrollTop = element.scrollHeight - fromEnd.current;
    seenFirst.current = firstId;
    fromEnd.current = element.scrollHeight - element.scrollTop;
  }, [firstId, count]);
  return { moved, toEnd };
}

function typingText(): string {
  const names = room.chat.typing.users.value.map((id) => room.nameOf(id));
  if (names.length === 0) return "";
  return `${listed(names)} ${names.length === 1 ? "is" : "are"} typing…`;
}
