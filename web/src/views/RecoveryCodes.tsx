import { toasts, twoFactor } from "../app";

/** The codes for when the phone is gone, shown this once. */
export function RecoveryCodes({ codes }: { codes: readonly string[] }) {
  const text = codes.join("\n");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      toasts.say("The codes are copied.");
    } catch {
      toasts.say("Copying does not work here. Download them instead.");
    }
  };
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`Soundroom recovery codes\n\n${text}\n`)}`;
  return (
    <div class="stack">
      <p>
        <strong>Keep these recovery codes.</strong> Each lets you in once without your phone. They are shown only now.
      </p>
      <ul class="recovery-codes" aria-label="Recovery codes">
        {codes.map((code) => <li key={code}><code data-testid="recovery-code">{code}</code></li>)}
      </ul>
      <div class="dialog-actions">
        <button type="button" onClick={() => void copy()}>Copy</button>
        <a class="button" href={file} download="soundroom-recovery-codes.txt">Download</a>
        <button type="button" class="primary" data-testid="recovery-done" onClick={() => twoFactor.close()}>I have kept them</button>
      </div>
    </div>
  );
}
