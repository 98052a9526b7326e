import { useSignal } from "@preact/signals";
import { Failure, sentenceOf } from "../api/failure";
import type { Room } from "../api/types";
import { connection, hearing } from "../app";
import { go } from "../state/route";
import { Field, FormError, Select } from "./Field";
import { CONTROL_MODES, QUEUE_ORDERS, VISIBILITIES } from "./choices";

export function CreateRoom() {
  const name = useSignal("");
  const visibility = useSignal<Room["visibility"]>("public");
  const controlMode = useSignal<Room["controlMode"]>("host");
  const queueOrder = useSignal<Room["queueOrder"]>("fifo");
  const failure = useSignal<unknown>(null);
  const isBusy = useSignal(false);

  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    failure.value = null;
    hearing.unlock();
    try {
      const { room } = await connection.call("room:create", {
        name: name.value.trim(),
        visibility: visibility.value,
        controlMode: controlMode.value,
        queueOrder: queueOrder.value,
      });
      go({ page: "room", roomId: room.id });
    } catch (error) {
      failure.value = error;
    }
    isBusy.value = false;
  };
  const nameProblem = failure.value instanceof Failure ? failure.value.of("name") : null;

  return (
    <form class="card" onSubmit={(event) => void create(event)} noValidate aria-labelledby="create-title">
      <h2 id="create-title">Open a room</h2>
      <Field
        label="Name"
        data-testid="room-create-name"
        autocomplete="off"
        placeholder="Friday listening"
        maxLength={80}
        value={name.value}
        error={nameProblem}
        onInput={(value) => (name.value = value)}
      />
      <Select label="Who may come in" value={visibility.value} options={VISIBILITIES} onChange={(value) => (visibility.value = value)} />
      <Select label="Who plays, pauses and skips" value={controlMode.value} options={CONTROL_MODES} onChange={(value) => (controlMode.value = value)} />
      <Select label="Order of the queue" value={queueOrder.value} options={QUEUE_ORDERS} onChange={(value) => (queueOrder.value = value)} />
      {failure.value !== null && nameProblem === null && <FormError>{sentenceOf(failure.value)}</FormError>}
      <button type="submit" class="primary wide" data-testid="room-create" aria-disabled={isBusy.value}>Open the room</button>
    </form>
  );
}
