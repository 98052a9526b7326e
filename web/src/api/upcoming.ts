/** Events that the server's registry has not told of. */

import type { Ack, Done, ListAck, Send, SendBare, Track } from "../protocol";
import type { Provider } from "./types";

export interface Identity {
  provider: Provider;
  email: string | null;
  linkedAt: string;
}

export interface UpcomingEvents {
  "user:identities": SendBare<Done, ListAck<Identity>>;
  "user:link_identity": Send<{ provider: Provider; password?: string }, Ack<{ url: string }>>;
  "user:confirm_identity": Send<{ code: string }, Ack<Identity>>;
  "user:unlink": Send<{ provider: Provider }, Ack<Done>>;
}

export interface UpcomingNews {
  "upload:finished": (data: { uploadId: string; track: Track }) => void;
  "upload:failed": (data: { uploadId: string; code: string; error: string }) => void;
}
