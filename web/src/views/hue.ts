/** A hue in degrees that belongs to an id. */
export function hueOf(id: string): number {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) % 100_003;
  return (hash * 137) % 360;
}
