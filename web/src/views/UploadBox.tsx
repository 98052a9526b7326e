import { useSignal } from "@preact/signals";
import { uploads } from "../app";
import type { Upload } from "../state/uploads";
import { Icon } from "./Icon";

/** Files to upload: chosen, or dropped here. */
export function UploadBox() {
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
          uploads.add([...(event.dataTransfer?.files ?? [])]);
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
            uploads.add([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
      </label>
      {uploads.list.value.map((upload) => <Progress key={upload.id} upload={upload} />)}
    </div>
  );
}

function Progress({ upload }: { upload: Upload }) {
  const { id, name, part, problem } = upload;
  const percent = Math.round(part * 100);
  return (
    <div class="progress" data-testid="upload-progress">
      <div class="progress-head">
        <span class="progress-name">{name}</span>
        <span class={problem ? "error" : "muted"} role={problem ? "alert" : undefined}>
          {problem ?? (part < 1 ? `${percent} %` : "Reading the recording…")}
        </span>
        <button type="button" class="quiet round" aria-label={problem ? `Dismiss ${name}` : `Cancel ${name}`} onClick={() => uploads.dismiss(id)}>
          <Icon name="close" />
        </button>
      </div>
      {!problem && <progress aria-label={`Upload of ${name}`} max={1} {...(part < 1 ? { value: part } : {})} />}
    </div>
  );
}
