import { render } from "preact";
import { hearing, providers, socket, watch } from "./app";
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
if (location.search !== "") {
  watch(providers.arrive(location.search));
  // What signs somebody in does not stay in the address.
  history.replaceState(null, "", location.pathname + location.hash);
}
followAddress();
render(<App />, document.getElementById("app")!);
