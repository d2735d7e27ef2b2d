#include "calibration.h"

#include <cmath>

namespace panel_meter {

namespace {

/// In radians.
constexpr double HALF_TURN = 3.14159265358979323846;

bool is_between(double value, double least, double most) { return value >= least && value <= most; }

double radians(double degrees) { return degrees * HALF_TURN / 180.0; }

bool is_plausible(const CurrentPoint &point) {
  return is_between(point.amperes, 0.0, 10000.0) &&
         is_between(point.lead_degrees, -MAX_PHASE_DEGREES, MAX_PHASE_DEGREES) &&
         is_between(point.gain, MIN_GAIN, MAX_GAIN);
}

CurrentPoint between(const CurrentPoint &below, const CurrentPoint &above, double amperes) {
  const double part = (amperes - below.amperes) / (above.amperes - below.amperes);
  CurrentPoint point;
  point.amperes = amperes;
  point.lead_degrees = below.lead_degrees + part * (above.lead_degrees - below.lead_degrees);
  point.gain = below.gain + part * (above.gain - below.gain);
  return point;
}

}  // namespace

bool is_plausible(const CurrentCalibration &calibration) {
  const double scale = std::fabs(calibration.amperes_per_count);
  if (!is_between(scale, 1e-9, 10.0) || !is_between(calibration.gain, MIN_GAIN, MAX_GAIN))
    return false;
  if (!is_between(calibration.noise_counts, 0.0, 1000.0) || !is_between(calibration.zero_watts, -1000.0, 1000.0))
    return false;
  if (calibration.table_frequency != 0.0 && !is_between(calibration.table_frequency, 40.0, 70.0))
    return false;
  if (calibration.points > MAX_CURRENT_POINTS)
    return false;
  for (size_t index = 0; index < calibration.points; ++index) {
    if (!is_plausible(calibration.point[index]))
      return false;
    if (index > 0 && !(calibration.point[index].amperes > calibration.point[index - 1].amperes))
      return false;
  }
  return true;
}

bool is_plausible(const VoltageCalibration &calibration) {
  return is_between(calibration.volts_per_count, 1e-6, 100.0) &&
         is_between(calibration.gain, MIN_GAIN, MAX_GAIN) &&
         is_between(calibration.lead_degrees, -MAX_PHASE_DEGREES, MAX_PHASE_DEGREES) &&
         is_between(calibration.noise_counts, 0.0, 1000.0);
}

CurrentPoint point_at(const CurrentCalibration &calibration, double amperes) {
  const size_t points = calibration.points;
  if (points == 0)
    return CurrentPoint{};
  const CurrentPoint *table = calibration.point;
  if (!(amperes > table[0].amperes))
    return table[0];
  for (size_t index = 1; index < points; ++index) {
    if (amperes < table[index].amperes)
      return between(table[index - 1], table[index], amperes);
  }
  return table[points - 1];
}

double net_lead(const CurrentCalibration &current, const VoltageCalibration &voltage, double amperes,
                double frequency) {
  double lead = point_at(current, amperes).lead_degrees;
  if (current.table_frequency > 0.0 && frequency > 0.0)
    lead *= current.table_frequency / frequency;
  return lead - voltage.lead_degrees;
}

void lagrange_weights(double fraction, double (&weights)[LAGS]) {
  const double x = fraction;
  weights[0] = -x * (x - 1.0) * (x - 2.0) / 6.0;
  weights[1] = (x + 1.0) * (x - 1.0) * (x - 2.0) / 2.0;
  weights[2] = -(x + 1.0) * x * (x - 2.0) / 2.0;
  weights[3] = (x + 1.0) * x * (x - 1.0) / 6.0;
}

InputStatistics statistics_of(const InputSums &sums, uint32_t scans) {
  InputStatistics statistics;
  if (scans == 0)
    return statistics;
  const double mean = static_cast<double>(sums.sum) / scans;
  const double variance = static_cast<double>(sums.squares) / scans - mean * mean;
  statistics.mean = mean + sums.offset;
  // A constant input has no variance; the difference of two large numbers may say otherwise by a rounding error.
  statistics.variance = variance > 1e-6 ? variance : 0.0;
  return statistics;
}

Power product_of(const Window &window, const LegWiring &wiring, const LegSums &leg, double cycle_scans) {
  Power power;
  if (window.scans == 0 || wiring.voltage == NO_VOLTAGE || !(cycle_scans > 0.0))
    return power;
  const double scans = window.scans;
  const double voltage_mean = statistics_of(window.input[wiring.voltage], window.scans).mean;
  const double constant_part = window.input[wiring.current].sum / scans * voltage_mean;
  double weights[LAGS];
  lagrange_weights(leg.fraction, weights);
  for (size_t lag = 0; lag < LAGS; ++lag)
    power.watts += weights[lag] * (static_cast<double>(leg.lag[lag]) / scans - constant_part);
  const double near = 2.0 * HALF_TURN * (leg.near + leg.fraction) / cycle_scans;
  const double far = 2.0 * HALF_TURN * (leg.far + leg.fraction) / cycle_scans;
  const double sines = std::sin(near) + std::sin(far);
  if (std::fabs(sines) > 0.1) {
    const double lagged = static_cast<double>(leg.lagged) / scans - 2.0 * constant_part;
    power.vars = (lagged - power.watts * (std::cos(near) + std::cos(far))) / sines;
  }
  return power;
}

Power rotated(const Power &measured, double lead_degrees) {
  const double cosine = std::cos(radians(lead_degrees));
  const double sine = std::sin(radians(lead_degrees));
  return Power{measured.watts * cosine - measured.vars * sine, measured.vars * cosine + measured.watts * sine};
}

bool lead_of_resistive_load(const Power &measured, double *lead_degrees) {
  if (!(measured.watts > 0.0))
    return false;
  const double lead = -std::atan2(measured.vars, measured.watts) * 180.0 / HALF_TURN;
  if (!is_between(lead, -MAX_PHASE_DEGREES, MAX_PHASE_DEGREES))
    return false;
  *lead_degrees = lead;
  return true;
}

void ZeroCalibration::add(double variance_counts, double watts) {
  if (!(variance_counts >= 0.0) || !std::isfinite(variance_counts) || !std::isfinite(watts))
    return;
  variance_ += variance_counts;
  watts_ += watts;
  ++windows_;
}

double ZeroCalibration::noise_counts() const { return windows_ == 0 ? 0.0 : std::sqrt(variance_ / windows_); }

}  // namespace panel_meter
