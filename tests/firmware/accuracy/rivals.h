#pragma once

// Other ways of measuring, written anew from what they do, to be fed with the same samples. Each has been given the
// same chance: the same converter with its factory calibration, and one gain, set at 10 A.

#include <cmath>
#include <cstdint>

namespace lab {

/// What ESPHome's ct_clamp does: for 200 ms of every interval it reads whole millivolts as fast as its loop allows,
/// skips readings that equal the one before, and takes the standard deviation in single precision. It has no voltage;
/// what people use as power is 230 V times that current.
class CurrentClamp {
 public:
  CurrentClamp(double rate, double seconds_between) : rate_(rate), scans_between_(rate * seconds_between) {}

  void take(uint64_t scan, int millivolts) {
    const double place = std::fmod(static_cast<double>(scan), scans_between_);
    if (place >= 0.2 * rate_) {
      if (count_ > 0)
        finish();
      return;
    }
    // Its loop reaches 1.9 to 2.4 thousand readings in a second; here it gets 2.7 thousand.
    if (scan % 3 != 0 || millivolts == last_)
      return;
    last_ = millivolts;
    const float volts = static_cast<float>(millivolts) / 1000.0f;
    sum_ += volts;
    squares_ += volts * volts;
    ++count_;
  }

  /// Mean of the readings so far, in V at the pin.
  double reading() const { return readings_ == 0 ? 0.0 : total_ / readings_; }

 private:
  void finish() {
    const float mean = sum_ / static_cast<float>(count_);
    const float variance = squares_ / static_cast<float>(count_) - mean * mean;
    total_ += static_cast<double>(variance > 0.0f ? std::sqrt(variance) : 0.0f);
    ++readings_;
    sum_ = squares_ = 0.0f;
    count_ = 0;
  }

  double rate_;
  double scans_between_;
  int last_{-1};
  float sum_{0.0f};
  float squares_{0.0f};
  int count_{0};
  double total_{0.0};
  int readings_{0};
};

/// One cycle of many: the multiplexed converter gives a circuit one cycle in `of`, with the voltage interpolated by a
/// straight line to the moment of the current, phase error included, and offsets learned beforehand.
class OneCycleOf {
 public:
  /// `advance`: by how many scans the voltage must be taken later. `cycle`: scans of a cycle.
  OneCycleOf(int of, double cycle, double advance) : of_(of), cycle_(cycle), advance_(advance) {}

  void take(uint64_t scan, double volts, double amperes) {
    volts_[2] = volts_[1];
    volts_[1] = volts_[0];
    volts_[0] = volts;
    amperes_[2] = amperes_[1];
    amperes_[1] = amperes_[0];
    amperes_[0] = amperes;
    const uint64_t cycle = static_cast<uint64_t>(static_cast<double>(scan) / cycle_);
    if (cycle % static_cast<uint64_t>(of_) != 0 || scan < 3)
      return;
    // advance_ lies between 1 and 2 scans: the current of two scans ago meets the voltages of one and of no scan ago.
    const double shifted = volts_[1] + (advance_ - 1.0) * (volts_[0] - volts_[1]);
    sum_ += shifted * amperes_[2];
    ++count_;
  }

  double watts() const { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }

 private:
  int of_;
  double cycle_;
  double advance_;
  double volts_[3]{};
  double amperes_[3]{};
  double sum_{0.0};
  uint64_t count_{0};
};

/// What EmonLib does: twenty half waves of alternating readings now and then, offsets by a low pass of 1/1024 that runs
/// only meanwhile, and a phase that is corrected by extrapolating from the voltage before.
class HalfWaves {
 public:
  HalfWaves(double rate, double seconds_between, double phasecal)
      : scans_between_(rate * seconds_between), phasecal_(phasecal) {}

  void take(uint64_t scan, int volts_code, int amperes_code) {
    const double place = std::fmod(static_cast<double>(scan), scans_between_);
    if (place < 1.0) {
      is_running_ = false;
      is_waiting_ = true;
    }
    if (is_waiting_ && volts_code > 4096 * 0.45 && volts_code < 4096 * 0.55)
      begin(volts_code);
    if (is_running_)
      sample(volts_code, amperes_code);
  }

  /// Mean of the readings so far, in square codes. The first two are not counted: the offsets settle.
  double reading() const { return readings_ <= 2 ? 0.0 : total_ / (readings_ - 2); }

 private:
  void begin(int volts_code) {
    is_waiting_ = false;
    is_running_ = true;
    start_ = volts_code;
    crossings_ = count_ = 0;
    sum_ = 0.0;
    is_above_ = false;
  }

  void sample(int volts_code, int amperes_code) {
    const double before = filtered_volts_;
    offset_volts_ += (volts_code - offset_volts_) / 1024.0;
    filtered_volts_ = volts_code - offset_volts_;
    offset_amperes_ += (amperes_code - offset_amperes_) / 1024.0;
    const double filtered_amperes = amperes_code - offset_amperes_;
    sum_ += (before + phasecal_ * (filtered_volts_ - before)) * filtered_amperes;
    ++count_;
    const bool was_above = is_above_;
    is_above_ = volts_code > start_;
    if (count_ > 1 && was_above != is_above_)
      ++crossings_;
    if (crossings_ >= 20) {
      is_running_ = false;
      if (++readings_ > 2)
        total_ += sum_ / count_;
    }
  }

  double scans_between_;
  double phasecal_;
  double offset_volts_{2048.0};
  double offset_amperes_{2048.0};
  double filtered_volts_{0.0};
  bool is_waiting_{true};
  bool is_running_{false};
  bool is_above_{false};
  int start_{0};
  int crossings_{0};
  int count_{0};
  double sum_{0.0};
  double total_{0.0};
  int readings_{0};
};

}  // namespace lab
