/** What there is to choose from, in words. */

export const VISIBILITIES = [
  ["public", "Everybody"],
  ["friends", "Friends, and who has the link"],
  ["private", "Only who has the link"],
] as const;

export const CONTROL_MODES = [
  ["host", "The host"],
  ["djs", "The host and DJs"],
  ["everyone", "Everyone"],
] as const;

export const QUEUE_ORDERS = [
  ["fifo", "First come, first served"],
  ["fair", "Everybody in turn"],
  ["votes", "By votes"],
] as const;

export const REPEATS = [
  ["off", "Off"],
  ["track", "This track"],
  ["queue", "The queue"],
] as const;

export const TRACK_ORDERS = [
  ["newest", "Newest first"],
  ["name", "By name"],
  ["artist", "By artist"],
  ["duration", "By length"],
] as const;

export const PLAYLIST_ORDERS = [
  ["updated", "Last changed first"],
  ["newest", "Newest first"],
  ["name", "By name"],
] as const;

export const STATUSES = [
  ["online", "Online"],
  ["idle", "Idle"],
  ["dnd", "Do not disturb"],
  ["offline", "Invisible"],
] as const;
