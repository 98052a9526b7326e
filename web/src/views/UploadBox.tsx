import { useSignal } from "@preact/signals";
import { uploads } from "../app";
import type { Upload } from "../state/uploads";
import { Icon } from "./Icon";

/** Files to upload: chosen, or dropped here; in a room they go into its queue. */
export function UploadBox({ roomId }: { roomId: string | null }) {
  const isOver = useSignal(false);
  return (
    <div class="upload">
      <label
        class={`dropzone ${isOver.value ? "is-over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          isOver.value = true;
        }}
        onDragLeave={() => (isOver.value = false)}
        onDrop={(event) => {
          event.preventDefault();
          isOver.value = false;
          uploads.add([...(event.dataTransfer?.files ?? [])], roomId);
        }}
      >
        <Icon name="upload" />
        <span>Upload recordings<small class="muted"> or drop them here</small></span>
        <input
          type="file"
          class="visually-hidden"
          accept="audio/*,.flac,.opus,.ogg,.m4a,.aac,.wav,.aiff,.wma,.mka"
          multiple
          data-testid="upload-input"
          onChange={(event) => {
            uploads.add([...(event.currentTarget.files ?? [])], roomId);
            event.currentTarget.value = "";
          }}
        />
      </label>
      {uploads.list.value.map((upload) => <Progress key={upload.id} upload={upload} />)}
    </div>
  );
}

function Progress({ upload }: { upload: Upload }) {
  const { id, name, part, isStalled, problem } = upload;
  return (
    <div class="progress" data-testid="upload-progress">
      <div class="progress-head">
        <span class="progress-name">{name}</span>
        <span class={problem ? "error" : "muted"} role={problem ? "alert" : undefined}>
          {problem ?? stateText(upload)}
        </span>
        <button type="button" class="quiet round" aria-label={problem ? `Dismiss ${name}` : `Cancel ${name}`} onClick={() => uploads.dismiss(id)}>
          <Icon name="close" />
        </button>
      </div>
      {!problem && <progress aria-label={`Upload of ${name}`} max={1} {...(part < 1 && !isStalled ? { value: part } : {})} />}
    </div>
  );
}

function stateText({ part, isStalled }: Upload): string {
  if (isStalled) return "Waiting for the connection…";
  return part < 1 ? `${Math.round(part * 100)} %` : "Reading the recording…";
}
