/** The offset and drift of a remote clock, tracked through noisy measurements. */

/** Variance of the phase noise of a computer's clock, ms² per second. */
const PHASE_NOISE = 1e-5;
/** Variance by which the frequency wanders, (ms/s)² per second: about 1 ppm in five minutes. */
const FREQUENCY_NOISE = 4e-9;
/** Standard deviation of an unknown clock's frequency error, ms/s (1 ms/s = 1000 ppm). */
const FIRST_DRIFT_SD = 0.05;

/**
 * A Kalman filter on the state [offset, drift] of the two-state clock model.
 *
 * The model (white phase noise and random-walk frequency noise, transition [[1, Δt], [0, 1]]) and
 * the filter on it are those of Galleani and Tavella, "Time and the Kalman filter", IEEE Control
 * Systems 30(2), 2010; for packet networks with a variance of its own for each measurement, Giorgi,
 * "An event-based Kalman filter for clock synchronization", IEEE Trans. Instrum. Meas. 64(2), 2015.
 *
 * Times are local monotonic ms, offsets ms, drift ms per second (multiply by 1000 for ppm).
 */
export class OffsetDriftFilter {
  private at = 0;
  private level = 0;
  private slope = 0;
  private levelVariance = 0;
  private covariance = 0;
  private slopeVariance = 0;

  /** Begin anew with a first `offset` of variance `variance` (ms²), keeping no drift. */
  reset(at: number, offset: number, variance: number): void {
    this.at = at;
    this.level = offset;
    this.slope = 0;
    this.levelVariance = variance;
    this.covariance = 0;
    this.slopeVariance = FIRST_DRIFT_SD ** 2;
  }

  /** Take in an `offset` measured at `at` with error variance `variance` (ms²). */
  update(at: number, offset: number, variance: number): void {
    this.predict(at);
    const total = this.levelVariance + variance;
    const levelGain = this.levelVariance / total;
    const slopeGain = this.covariance / total;
    const surprise = offset - this.level;
    this.level += levelGain * surprise;
    this.slope += slopeGain * surprise;
    this.slopeVariance -= slopeGain * this.covariance;
    this.covariance *= 1 - levelGain;
    this.levelVariance *= 1 - levelGain;
  }

  /** The offset at a local time, ms. */
  offsetAt(at: number): number {
    return this.level + (this.slope * (at - this.at)) / 1000;
  }

  /** The standard deviation of `offsetAt(at)`, ms. Constant path asymmetry is invisible to it. */
  uncertaintyAt(at: number): number {
    return Math.sqrt(this.varianceAfter((at - this.at) / 1000));
  }

  /** How much faster the remote clock runs, in parts per million. */
  get drift(): number {
    return this.slope * 1000;
  }

  /** The standard deviation of `drift`, ppm. */
  get driftUncertainty(): number {
    return Math.sqrt(this.slopeVariance) * 1000;
  }

  private predict(at: number): void {
    const seconds = Math.max(0, (at - this.at) / 1000);
    this.level += this.slope * seconds;
    this.levelVariance = this.varianceAfter(seconds);
    this.covariance += this.slopeVariance * seconds + (FREQUENCY_NOISE * seconds ** 2) / 2;
    this.slopeVariance += FREQUENCY_NOISE * seconds;
    this.at = Math.max(this.at, at);
  }

  private varianceAfter(seconds: number): number {
    return (
      this.levelVariance +
      2 * this.covariance * seconds +
      this.slopeVariance * seconds ** 2 +
      PHASE_NOISE * Math.abs(seconds) +
      (FREQUENCY_NOISE * Math.abs(seconds) ** 3) / 3
    );
  }
}
