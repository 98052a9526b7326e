import { useSignal } from "@preact/signals";
import { Failure, sentenceOf } from "../api/failure";

interface Form {
  readonly isBusy: boolean;
  /** What went wrong with the form as a whole. */
  readonly problem: string | null;
  /** What is wrong with one of its fields. */
  readonly of: (field: string) => string | null;
  readonly submit: (event?: Event) => void;
  readonly clear: () => void;
}

/** A form that does `work` when it is sent, once at a time; `fields` show their own problems. */
export function useForm(work: () => Promise<unknown>, fields: readonly string[] = []): Form {
  const failure = useSignal<unknown>(null);
  const isBusy = useSignal(false);
  const of = (field: string): string | null =>
    failure.value instanceof Failure ? failure.value.of(field) : null;
  const run = async (): Promise<void> => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    failure.value = null;
    await work().catch((error: unknown) => {
      failure.value = error;
    });
    isBusy.value = false;
  };
  const isTold = fields.some((field) => of(field) !== null);
  return {
    isBusy: isBusy.value,
    problem: failure.value === null || isTold ? null : sentenceOf(failure.value),
    of,
    submit: (event) => {
      event?.preventDefault();
      void run();
    },
    clear: () => (failure.value = null),
  };
}
