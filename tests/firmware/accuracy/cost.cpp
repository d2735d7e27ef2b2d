// Pushes scans of one voltage and some circuits into a meter, for an instruction counter: `cost CIRCUITS SECONDS`.
// The difference of two runs is the cost of the seconds by which they differ, 8000 scans each.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "meter.h"

int main(int count, char **arguments) {
  if (count < 3)
    return 2;
  const int circuits = std::atoi(arguments[1]);
  const int seconds = std::atoi(arguments[2]);
  panel_meter::MeterConfig config;
  config.sampling.set_defaults(static_cast<uint8_t>(circuits + 1), 1);
  config.sampling.legs = static_cast<uint8_t>(circuits);
  config.channels = static_cast<uint8_t>(circuits);
  config.voltage[0].volts_per_count = 0.03;
  for (int circuit = 0; circuit < circuits; ++circuit) {
    config.sampling.leg[circuit].current = static_cast<uint8_t>(circuit + 1);
    config.sampling.leg[circuit].voltage = 0;
    config.current[circuit].amperes_per_count = 0.005;
    config.channel[circuit].legs = 1;
    config.channel[circuit].leg[0] = static_cast<uint8_t>(circuit);
  }
  static panel_meter::Meter meter;
  if (!meter.configure(config))
    return 1;
  // One second of samples is played again and again.
  const size_t inputs = static_cast<size_t>(circuits) + 1;
  std::vector<int16_t> second(8000 * inputs);
  for (size_t scan = 0; scan < 8000; ++scan) {
    for (size_t input = 0; input < inputs; ++input) {
      const double step = 2.0 * 3.14159265358979 / 160.0 / static_cast<double>(inputs);
      const double angle = step * static_cast<double>(scan * inputs + input);
      second[scan * inputs + input] = static_cast<int16_t>((input == 0 ? 9000.0 : 1500.0) * std::sin(angle));
    }
  }
  for (int played = 0; played < seconds; ++played)
    meter.push_all(second.data(), 8000);
  std::printf("%llu %zu\n", static_cast<unsigned long long>(meter.import_mwh(0)), sizeof(meter));
  return 0;
}
