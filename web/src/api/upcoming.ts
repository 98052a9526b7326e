/** Events that the server's registry has not told of. */

import type { Ack, Done, ListAck, Send, SendBare, Track } from "../protocol";

export interface Identity {
  provider: string;
  email: string | null;
  linkedAt: string;
}

export interface UpcomingEvents {
  "user:identities": SendBare<Done, ListAck<Identity>>;
  "user:unlink": Send<{ provider: string }, Ack<Done>>;
}

export interface UpcomingNews {
  "upload:finished": (data: { uploadId: string; track: Track }) => void;
  "upload:failed": (data: { uploadId: string; code: string; error: string }) => void;
}
