#include "adc_table.h"

#include <cmath>
#include <limits>

namespace panel_meter {

namespace {

int16_t saturated(double counts) {
  const double least = std::numeric_limits<int16_t>::min();
  const double most = std::numeric_limits<int16_t>::max();
  return static_cast<int16_t>(std::lround(counts < least ? least : (counts > most ? most : counts)));
}

double mean_of(AdcTable::MillivoltsOfCode millivolts_of_code, void *context, int centre, int reach) {
  double sum = 0.0;
  for (int near = centre - reach; near <= centre + reach; ++near)
    sum += millivolts_of_code(near, context);
  return sum / (2 * reach + 1);
}

}  // namespace

void AdcTable::build(MillivoltsOfCode millivolts_of_code, void *context, int middle_millivolts) {
  constexpr int HALF_STEP = STEP / 2;
  double before = 0.0;
  for (size_t knot = 0; knot < KNOTS; ++knot) {
    const int code = static_cast<int>(knot) * STEP;
    double millivolts;
    if (code < CODES) {
      // The same number of codes on both sides, so that a straight line stays what it is.
      millivolts = mean_of(millivolts_of_code, context, code, code < HALF_STEP ? code : HALF_STEP - 1);
    } else {
      // The last knot lies behind the last code: the line through the one before goes on.
      millivolts = 2.0 * mean_of(millivolts_of_code, context, code - HALF_STEP, HALF_STEP - 1) - before;
    }
    before = millivolts;
    knots_[knot] = saturated((millivolts - middle_millivolts) * COUNTS_PER_MILLIVOLT);
  }
}

}  // namespace panel_meter
