import { useSignal } from "@preact/signals";
import { room } from "../app";
import { Icon } from "./Icon";

const LONGEST = 2000;
/** The rest is shown when it gets short. */
const SHOW_REST = 200;

export function ChatForm() {
  const text = useSignal("");
  const isBlank = text.value.trim() === "";
  const rest = LONGEST - [...text.value].length;
  const send = (event: Event): void => {
    event.preventDefault();
    if (isBlank || rest < 0) return;
    room.chat.say(text.value.trim());
    text.value = "";
  };
  return (
    <form class="chat-form" onSubmit={send}>
      <textarea
        rows={1}
        aria-label="Message"
        placeholder="Say something"
        data-testid="chat-input"
        value={text.value}
        aria-invalid={rest < 0}
        aria-describedby={rest < SHOW_REST ? "chat-rest" : undefined}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          if (text.value !== "") room.chat.typing.pressed(Date.now());
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
        }}
      />
      <button type="submit" class="primary round" data-testid="chat-send" aria-label="Send" disabled={isBlank || rest < 0}>
        <Icon name="send" />
      </button>
      {rest < SHOW_REST && <p id="chat-rest" class={rest < 0 ? "error" : "hint"}>{rest} characters left</p>}
    </form>
  );
}
