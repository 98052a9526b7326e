import { render } from "preact";
import { hearing, socket } from "./app";
import { followAddress } from "./state/route";
import "./styles/main.css";
import { App } from "./views/App";

declare global {
  interface Window {
    /**
     * For measurement from outside, as by the tests: the player (`state`, `drift`,
     * `audiblePosition()`), the server's clock as known here, and the socket.
     */
    soundroom: {
      readonly player: typeof hearing.player;
      readonly clock: typeof hearing.clock;
      readonly socket: typeof socket;
    };
  }
}

window.soundroom = { player: hearing.player, clock: hearing.clock, socket };
followAddress();
render(<App />, document.getElementById("app")!);
