import type { OwnUser } from "../api/types";
import { Field } from "./Field";

interface OwnPasswordProps {
  readonly user: OwnUser;
  readonly value: string;
  readonly error: string | null;
  readonly onInput: (value: string) => void;
  readonly "data-testid": string;
}

/** The own password, to show that it is really oneself. Who came by way of a provider may have none. */
export function OwnPassword({ user, ...field }: OwnPasswordProps) {
  if (user.isGuest) return null;
  const hint = user.provider === "local" ? {} : { hint: "Leave it empty if you have none here" };
  return <Field label="Your password" isSecret autocomplete="current-password" maxLength={128} {...hint} {...field} />;
}
