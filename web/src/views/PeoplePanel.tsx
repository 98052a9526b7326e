import type { RoomMember } from "../api/types";
import { commands, room, session, toasts, watch } from "../app";
import { Avatar } from "./Avatar";
import { counted } from "./format";

const ROLES = { host: "Host", dj: "DJ", listener: "" };

/** Who is here. */
export function PeoplePanel() {
  const members = room.members.value;
  const here = members.filter((member) => member.connected).length;
  return (
    <section class="card panel panel-people" aria-labelledby="people-title">
      <div class="card-head">
        <h2 id="people-title">Who is here</h2>
        <span class="badge">{here === members.length ? here : `${here} of ${members.length}`}</span>
      </div>
      <ul class="people">
        {members.map((member) => <Person key={member.user.id} member={member} />)}
      </ul>
    </section>
  );
}

function Person({ member }: { member: RoomMember }) {
  const { user, role, connected } = member;
  const isMe = user.id === session.user.value?.id;
  return (
    <li class={`person ${connected ? "" : "is-away"}`} data-testid="member" data-user-id={user.id} data-connected={connected} data-role={role}>
      <span class="presence"><Avatar user={user} /></span>
      <span class="person-name">
        {user.displayName}
        {isMe && <span class="muted"> (you)</span>}
      </span>
      {ROLES[role] && <span class={`badge role-${role}`}>{ROLES[role]}</span>}
      {!connected && <span class="muted small">away</span>}
      {room.isHost.value && !isMe && <HostMenu member={member} />}
    </li>
  );
}

/** What a host may do with a member. */
function HostMenu({ member }: { member: RoomMember }) {
  const { user, role } = member;
  const run = (work: Promise<void>, done: string): void => watch(work.then(() => toasts.say(done)));
  const choose = (what: string): void => {
    if (what === "dj") run(commands.setRole(user.id, "dj"), `${user.displayName} is a DJ now.`);
    if (what === "listener") run(commands.setRole(user.id, "listener"), `${user.displayName} is a listener now.`);
    if (what === "host") watch(commands.transfer(user.id));
    if (what === "kick") run(commands.kick(user.id), `${user.displayName} has been removed.`);
  };
  return (
    <select
      class="menu"
      aria-label={`What to do with ${user.displayName}`}
      data-testid="member-menu"
      value=""
      onChange={(event) => {
        choose(event.currentTarget.value);
        event.currentTarget.value = "";
      }}
    >
      <option value="">⋯</option>
      {role === "dj" ? <option value="listener">Make a listener</option> : <option value="dj">Make a DJ</option>}
      <option value="host" disabled={!member.connected}>Hand the room over</option>
      <option value="kick">Remove from the room</option>
    </select>
  );
}

/** `3 listening`, for the head of a room. */
export function hereNow(): string {
  return counted(room.members.value.filter((member) => member.connected).length, "person", "people");
}
