/// Tests of what is found in the waveform of an input.

#include "house.h"

#include <atomic>
#include <chrono>
#include <thread>

namespace {

void a_waveform_is_what_flows() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  House house;
  house.run(measuring, 2);
  float samples[320];
  std::atomic<size_t> count{0};
  std::thread asking([&] { count = measuring.waveform(0, samples, 320); });
  for (int turn = 0; turn < 1000 && count == 0; turn++)
    house.run(measuring, 0.02);
  asking.join();
  CHECK(count == 320);
  double squares = 0;
  for (const float sample : samples)
    squares += static_cast<double>(sample) * static_cast<double>(sample);
  CHECK(is_close(std::sqrt(squares / 320), 10, 0.01));
}

/// Lets so many seconds pass, as the loop of the board sees them.
void watch(House &house, Measuring &measuring, double seconds) {
  for (int step = 0; step < static_cast<int>(seconds * 50); step++) {
    house.run(measuring, 0.02);
    measuring.step_harmonics();
  }
}

bool is_near(double value, double wanted) { return std::fabs(value - wanted) < 0.002; }

void harmonics_are_parts_of_the_fundamental() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  measuring.watch_harmonics_of_channel(0);
  measuring.watch_harmonics_of_voltage(0);
  measuring.watch_harmonics_of_channel(0);
  CHECK(!measuring.distortion_of_channel(0).is_valid);
  House house;
  house.third = 0.2;
  house.fifth = 0.1;
  house.noise = 60;
  house.hertz = 49.7;
  watch(house, measuring, 5);
  const Distortion &found = measuring.distortion_of_channel(0);
  CHECK(found.is_valid && is_near(found.total, std::sqrt(0.05)));
  CHECK(is_near(found.part[3], 0.2) && is_near(found.part[5], 0.1));
  CHECK(is_near(found.part[2], 0) && is_near(found.part[4], 0) && is_near(found.part[15], 0));
  CHECK(measuring.distortion_of_voltage(0).is_valid && is_near(measuring.distortion_of_voltage(0).total, 0));
  // Two inputs take turns, so a change is seen after two seconds and some.
  house.fifth = 0;
  watch(house, measuring, 3.5);
  CHECK(is_near(found.total, 0.2) && is_near(found.part[5], 0));
}

void harmonics_survive_gaps_and_waveforms() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  measuring.watch_harmonics_of_channel(0);
  House house;
  house.third = 0.3;
  const Distortion &found = measuring.distortion_of_channel(0);
  for (int second = 0; second < 20; second++) {
    // Each time at another place of the capture and of the analysis.
    watch(house, measuring, 0.8 + 0.02 * second);
    if (second % 2 == 0) {
      measuring.gap(3000);
      house.place += 24;
    } else {
      float samples[100];
      std::thread sampling([&] { house.run(measuring, 0.1); });
      CHECK(measuring.waveform(0, samples, 100) <= 100);
      sampling.join();
    }
    CHECK(!found.is_valid || is_near(found.total, 0.3));
  }
  watch(house, measuring, 3);
  CHECK(found.is_valid && is_near(found.part[3], 0.3));
}

void harmonics_are_found_while_samples_come() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  measuring.watch_harmonics_of_channel(0);
  std::atomic<bool> is_over{false};
  std::thread sampling([&] {
    House house;
    house.third = 0.3;
    for (int step = 0; step < 400; step++) {
      house.run(measuring, 0.02);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    is_over = true;
  });
  while (!is_over)
    measuring.step_harmonics();
  sampling.join();
  CHECK(measuring.distortion_of_channel(0).is_valid && is_near(measuring.distortion_of_channel(0).part[3], 0.3));
}

void a_weak_current_has_no_harmonics() {
  MapStorage flash;
  const BoardSetup setup = board_of(true);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  measuring.watch_harmonics_of_channel(0);
  House house;
  watch(house, measuring, 3);
  CHECK(measuring.distortion_of_channel(0).is_valid);
  house.amperes = 0.3;
  house.noise = 60;
  watch(house, measuring, 3);
  CHECK(!measuring.distortion_of_channel(0).is_valid);
}

void without_a_voltage_harmonics_need_a_frequency() {
  MapStorage flash;
  const BoardSetup setup = board_of(false);
  Measuring measuring(flash);
  CHECK(measuring.configure(setup));
  measuring.watch_harmonics_of_channel(0);
  for (int step = 0; step < 24'000; step++) {
    const int16_t scan[1] = {static_cast<int16_t>(step % 2)};
    {
      const std::lock_guard<Measuring> guard(measuring);
      measuring.push(scan, 0);
    }
    measuring.step_harmonics();
  }
  CHECK(!measuring.distortion_of_channel(0).is_valid);
}

}  // namespace

void test_waveforms() {
  a_waveform_is_what_flows();
  harmonics_are_parts_of_the_fundamental();
  harmonics_survive_gaps_and_waveforms();
  harmonics_are_found_while_samples_come();
  a_weak_current_has_no_harmonics();
  without_a_voltage_harmonics_need_a_frequency();
}
