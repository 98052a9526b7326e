/** Round trips, smoothed for people and for the server's choice of a lead. */
export class SmoothedTrips {
  private last: number | null = null;
  private trip = 0;
  private difference = 0;

  add(tripMs: number): void {
    const last = this.last ?? tripMs;
    this.trip += this.last === null ? tripMs : (tripMs - this.trip) / 8;
    this.difference += (Math.abs(tripMs - last) - this.difference) / 16;
    this.last = tripMs;
  }

  /** The smoothed round trip, ms (α of 1/8, as in RFC 6298). */
  get roundTrip(): number {
    return this.trip;
  }

  /** The smoothed difference between round trips one after the other, ms (RFC 3550 section 6.4.1). */
  get jitter(): number {
    return this.difference;
  }
}
